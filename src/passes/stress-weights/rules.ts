import { type ActivationName, activations } from "../../ir/activations.js";
import type { OpOf, Value } from "../../ir/graph.js";
import { windowAlong } from "../../ir/ops/conv-1d.js";
import { erfOf } from "../../ir/ops/erf.js";
import type { OpName } from "../../ir/ops/registry.js";
import { concreteDims, elementCount } from "../../ir/types.js";
import { attentionRules } from "./attention/registry.js";
import { normal } from "./distribution.js";
import { OFFSET, type Stress, type StressRule, sizesOf, stressNorm, unitGain } from "./layers.js";
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
  variation,
} from "./moments.js";

/** The rule of every op; an op without one is a compile error. */
export const stressRules: { readonly [N in OpName]: StressRule<N> } = {
  ...attentionRules,

  batch_norm: (_op, x) => {
    const { parameters, result } = stressNorm(x);
    return { parameters: [undefined, ...parameters], result };
  },
  conv: (op, x) => stressLinear(op, x, tapsInside(op, 2) * tapsInside(op, 3)),
  conv_1d: (op, x) => stressLinear(op, x, tapsInside(op, 2)),
  gemm: (op, x) => stressLinear(op, x, 1),

  add: (_op, x, y) => ({ result: sum(x, y) }),
  sub: (_op, x, y) => ({ result: sum(x, { ...y, mean: -(y.mean ?? 0) }) }),
  div: (_op, x, y) => ({ result: scaled(x, 1 / y.power) }),
  matmul: ({ operands: [a] }, x, y) => ({ result: mixed(product(x, y), Number(a?.type.dims.at(-1))) }),
  concat: (_op, x, y) => ({ result: averaged(x, y) }),
  softmax: ({ operands: [x], attributes: { axis } }) => ({
    result: perChannel(1 / Number(x?.type.dims[axis]) ** 2),
  }),
  sqrt: (_op, x) => ({ result: applied((value) => Math.sqrt(Math.abs(value)), x) }),
  mul: (_op, x, y) => ({ result: product(x, y) }),
  avg_pool: ({ attributes: { kernel } }, x) => ({ result: pooled(x, kernel[0] * kernel[1]) }),
  max_pool: ({ attributes: { kernel } }, x) => ({ result: maximum(x, kernel[0] * kernel[1]) }),
  global_avg_pool: ({ operands: [map] }, x) => ({ result: pooled(x, sizesOf(map).places) }),
  global_max_pool: ({ operands: [map] }, x) => ({ result: maximum(x, sizesOf(map).places) }),
  reduce_mean: (op, x) => ({
    result: op.attributes.axes.includes(1) ? scaled(x, 1 / reducedCount(op)) : pooled(x, reducedCount(op)),
  }),
  reduce_max: (op, x) => ({ result: maximum(x, reducedCount(op)) }),
  clip: ({ attributes: { low, high } }, x) => ({
    result: applied((value) => Math.min(Math.max(value, low), high), x),
  }),
  erf: (_op, x) => ({ result: applied(erfOf, x) }),
  gelu: stressActivation,
  hard_sigmoid: stressActivation,
  "hard_sigmoid_0.2": stressActivation,
  hard_swish: stressActivation,
  relu: stressActivation,
  relu6: stressActivation,
  sigmoid: stressActivation,
  silu: stressActivation,
  tanh: stressActivation,

  // The zeros lower the mean power by their share of the elements.
  pad: ({ operands: [map], results: [padded] }, x) => ({
    result: scaled(x, elementsOf(map) / elementsOf(padded)),
  }),

  cast: keepMoments,
  drop_path: keepMoments,
  dropout: keepMoments,
  expand: keepMoments,
  flatten: keepMoments,
  gather: keepMoments,
  identity: keepMoments,
  opaque: keepMoments,
  reshape: keepMoments,
  reshape_to: keepMoments,
  slice: keepMoments,
  squeeze: keepMoments,
  transpose: keepMoments,
  unsqueeze: keepMoments,
  // Sizes, which no weights follow.
  shape: () => ({ result: perChannel(1) }),
};

/** Convolution or matrix product of power 1, where on average only a share of the products is not with padding. */
function stressLinear(
  { operands: [, weight, bias] }: OpOf<"conv" | "conv_1d" | "gemm">,
  x: Moments,
  share: number,
): Stress {
  const [, ...fanIn] = concreteDims(weight?.type.dims ?? []);
  const y = mixed(x, 1 / x.power);
  const offset = OFFSET * variation(y);
  return {
    result: bias === undefined ? y : sum(y, perChannel(offset ** 2)),
    parameters: [undefined, normal(unitGain(elementCount(fanIn) * share, x)), normal(offset)],
  };
}

/** The share of a convolution's products along an axis that read the map and not the zeros around it. */
function tapsInside(op: OpOf<"conv"> | OpOf<"conv_1d">, axis: 2 | 3): number {
  const [map, weight] = op.operands;
  const [size, kernel, outputs] = [map, weight, op.results[0]].map((value) => Number(value?.type.dims[axis]));
  if (size === undefined || kernel === undefined || outputs === undefined) return 1;
  const { stride, dilation, before } = windowAlong(op, axis - 2);
  let inside = 0;
  for (let output = 0; output < outputs; output++) {
    for (let tap = 0; tap < kernel; tap++) {
      const place = output * stride - before + tap * dilation;
      if (place >= 0 && place < size) inside++;
    }
  }
  return inside / (outputs * kernel);
}

function stressActivation({ kind }: OpOf<ActivationName>, x: Moments): Stress {
  return { result: applied(activations[kind].apply, x) };
}

function keepMoments(_op: unknown, x: Moments): Stress {
  return { result: x };
}

function reducedCount({ operands: [x], attributes: { axes } }: OpOf<"reduce_mean" | "reduce_max">): number {
  return axes.reduce((count, axis) => count * Number(x?.type.dims[axis]), 1);
}

function elementsOf(value: Value | undefined): number {
  return elementCount(concreteDims(value?.type.dims ?? []));
}
