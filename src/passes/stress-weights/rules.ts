import { implementations } from "../../ir/attention/implementations.js";
import type { AttentionKind } from "../../ir/attention/modules.js";
import type { OpOf, Value } from "../../ir/graph.js";
import { type OpName, operandsOf, ops, UNARY_OP_NAMES, type UnaryOpName } from "../../ir/ops/registry.js";
import { type Range, uniform } from "../../ir/stress/distribution.js";
import { type Stress, type StressRule, sizesOf, stressNorm } from "../../ir/stress/layers.js";
import {
  stressConv,
  stressConvTranspose,
  stressGemm,
  stressGeneralGemm,
  stressStandardizedWeight,
} from "../../ir/stress/linear.js";
import {
  applied,
  averaged,
  type Moments,
  maximum,
  mixed,
  perChannel,
  pooled,
  product,
  scaled,
  sum,
} from "../../ir/stress/moments.js";
import { concreteDims, elementCount } from "../../ir/types.js";

/** Where a logarithm is taken, no number is nearer to zero. */
const LEAST_POSITIVE = 1e-3;

/** What weights of a weighted sum are, which are cut off at 0: none is next to nothing. */
const SHARES: Range = { low: 0.5, high: 1.5 };

/** The rules of attention, which stand beside their lowerings. */
const attentionRules = Object.fromEntries(
  Object.entries(implementations).map(([type, { stress }]) => [`attention.${type}`, stress]),
) as unknown as { readonly [T in AttentionKind as `attention.${T}`]: StressRule<`attention.${T}`> };

/** The rules of ops on every element, which follow from their functions. */
const unaryRules = Object.fromEntries(UNARY_OP_NAMES.map((name) => [name, stressUnary])) as unknown as {
  readonly [N in UnaryOpName]: StressRule<N>;
};

/** The rule of every op; an op without one is a compile error. */
export const stressRules: { readonly [N in OpName]: StressRule<N> } = {
  ...attentionRules,
  ...unaryRules,

  batch_norm: (_op, x) => {
    const { parameters, result } = stressNorm(x);
    return { parameters: [undefined, ...parameters], result };
  },
  conv: stressConv,
  conv_1d: stressConv,
  conv_transpose: stressConvTranspose,
  gemm: stressGemm,
  // Statistics of the map itself: γ and β alone are weights.
  layer_norm: stressAffine,
  instance_norm: stressAffine,
  general_gemm: stressGeneralGemm,
  standardized_weight: stressStandardizedWeight,

  add: (_op, x, y) => ({ result: sum(x, y) }),
  sub: (_op, x, y) => ({ result: sum(x, { ...y, mean: -(y.mean ?? 0) }) }),
  div: (_op, x, y) => ({ result: scaled(x, 1 / y.power) }),
  matmul: (op, x, y) => ({
    result: mixed(product(x, y), Number(operandsOf(op).a.type.dims.at(-1))),
  }),
  concat: (_op, x, y) => ({ result: averaged(x, y) }),
  softmax: (op) => ({ result: perChannel(1 / sharesOf(op) ** 2) }),
  pow: (_op, x) => ({ result: product(x, x) }),
  sum: ({ operands }, x, y) => ({ result: operands.length === 1 ? x : sum(x, y) }),
  max: ({ operands }, x) => ({ result: maximum(x, operands.length) }),
  min: ({ operands }, x) => ({ result: maximum(x, operands.length) }),
  log_softmax: (op) => ({ result: perChannel(Math.log(sharesOf(op)) ** 2 + 1) }),
  sqrt: (_op, x) => ({ result: applied((value) => Math.sqrt(Math.abs(value)), x) }),
  mul: (_op, x, y) => ({ result: product(x, y) }),
  avg_pool: ({ attributes: { kernel } }, x) => ({ result: pooled(x, kernel[0] * kernel[1]) }),
  max_pool: ({ attributes: { kernel } }, x) => ({ result: maximum(x, kernel[0] * kernel[1]) }),
  global_avg_pool: (op, x) => ({ result: pooled(x, sizesOf(operandsOf(op).x).positions) }),
  global_max_pool: (op, x) => ({ result: maximum(x, sizesOf(operandsOf(op).x).positions) }),
  reduce_mean: (op, x) => ({
    result: op.attributes.axes.includes(1) ? scaled(x, 1 / reducedCount(op)) : pooled(x, reducedCount(op)),
  }),
  reduce_sum: (op, x) => ({ result: scaled(pooled(x, reducedCount(op)), reducedCount(op) ** 2) }),
  reduce_max: (op, x) => ({ result: maximum(x, reducedCount(op)) }),
  reduce_min: (op, x) => ({ result: maximum(x, reducedCount(op)) }),
  clip: ({ attributes: { low, high } }, x) => ({
    result: applied((value) => Math.min(Math.max(value, low), high), x),
  }),
  elu: ({ attributes: { scale } }, x) => ({
    result: applied((value) => (value < 0 ? scale * Math.expm1(value) : value), x),
  }),
  celu: ({ attributes: { scale } }, x) => ({
    result: applied((value) => (value < 0 ? scale * Math.expm1(value / scale) : value), x),
  }),
  leaky_relu: ({ attributes: { slope } }, x) => ({
    result: applied((value) => (value < 0 ? slope * value : value), x),
  }),
  log: (_op, x) => ({ result: applied((value) => Math.log(Math.abs(value) + LEAST_POSITIVE), x) }),
  reciprocal: (_op, x) => ({ result: perChannel(1 / x.power) }),
  sloped_hard_sigmoid: ({ attributes: { slope, shift } }, x) => ({
    result: applied((value) => Math.min(Math.max(slope * value + shift, 0), 1), x),
  }),

  // The zeros lower the mean power by their share of the elements.
  pad: (op, x) => ({
    result: scaled(x, elementsOf(operandsOf(op).x) / elementsOf(op.results[0])),
  }),

  cast: keepMoments,
  drop_path: keepMoments,
  dropout: keepMoments,
  expand: keepMoments,
  flatten: keepMoments,
  gather: keepMoments,
  gather_elements: keepMoments,
  gather_nd: keepMoments,
  identity: keepMoments,
  opaque: keepMoments,
  prelu: keepMoments,
  reduce_prod: keepMoments,
  reshape: keepMoments,
  reshape_to: keepMoments,
  reflect_pad: keepMoments,
  resize: keepMoments,
  slice: keepMoments,
  squeeze: keepMoments,
  transpose: keepMoments,
  unsqueeze: keepMoments,
  roi_align: keepMoments,
  // Sizes and indices, which no weights follow.
  shape: () => ({ result: perChannel(1) }),
  top_k: () => ({ result: perChannel(1) }),
  nonzero: () => ({ result: perChannel(1) }),
  non_max_suppression: () => ({ result: perChannel(1) }),
};

function stressAffine(): Stress {
  const { parameters, result } = stressNorm(perChannel(1));
  return { parameters: [undefined, ...parameters.slice(0, 2)], result };
}

/** Parameters that a function takes to 0 where they are negative, as shares of a weighted sum, are positive: each counts. */
function stressUnary({ kind }: OpOf<UnaryOpName>, x: Moments): Stress {
  const { apply } = ops[kind];
  const result = applied(apply, x);
  return apply(-1) === 0 ? { result, parameters: [uniform(SHARES)] } : { result };
}

function keepMoments(_op: unknown, x: Moments): Stress {
  return { result: x };
}

function reducedCount(op: OpOf<"reduce_max" | "reduce_mean" | "reduce_min" | "reduce_sum">): number {
  const { x } = operandsOf(op);
  return op.attributes.axes.reduce((count, axis) => count * Number(x.type.dims[axis]), 1);
}

/** The size of the axis that a softmax shares one along. */
function sharesOf(op: OpOf<"softmax" | "log_softmax">): number {
  return Number(operandsOf(op).x.type.dims[op.attributes.axis]);
}

function elementsOf(value: Value | undefined): number {
  return elementCount(concreteDims(value?.type.dims ?? []));
}
