import { type ActivationName, activations } from "../../ir/activations.js";
import type { OpOf, Value } from "../../ir/graph.js";
import { erfOf } from "../../ir/ops/erf.js";
import type { OpName } from "../../ir/ops/registry.js";
import { concreteDims, elementCount, featureMap } from "../../ir/types.js";
import { type Distribution, meanInverse, meanSquare, normal, type Range, uniform } from "./distribution.js";
import {
  applied,
  largest,
  type Moments,
  perChannel,
  pooled,
  product,
  scaled,
  sum,
  variation,
} from "./moments.js";

/** What becomes of an op's parameters, by their place among the operands, and the moments of its result. */
export interface Stress {
  readonly result: Moments;
  readonly parameters?: readonly (Distribution | undefined)[];
}

/** `x` and `y` are the moments of the first and the second operand. */
export type StressRule<N extends OpName> = (op: OpOf<N>, x: Moments, y: Moments) => Stress;

/**
 * Deviation of biases, shifts and means, where that of a signal around its channels' means is 1: enough to see
 * one that is lost. Measured by the whole signal, offsets would soon drown what depends on the input.
 */
const OFFSET = 0.3;

/** Deviation of what goes into a gate: of N(0, 1.5²), σ is between 0.1 and 0.9 in six of seven channels. */
const GATE_INPUT = 2;

/**
 * γ of a normalisation: a third of the signs are turned, and few channels vanish. It is well above 1 because
 * SiLU and its kind halve small signals and keep large ones: at 2 or more the gain hardly depends on the size,
 * so that errors of the expected size don't multiply from block to block.
 */
const SCALE: Range = { low: -1.6, high: 3.2 };

/** σ² of a normalisation, where the power of what is normalised is 1. */
const VARIANCE: Range = { low: 0.5, high: 1.5 };

/** The taps of ECA, where their deviation is 1: of so few normal ones all are too often next to nothing. */
const TAPS: Range = { low: -Math.sqrt(3), high: Math.sqrt(3) };

/** The rule of every op; an op without one is a compile error. */
export const stressRules: { readonly [N in OpName]: StressRule<N> } = {
  "attention.se"({ operands: [map, reduce], attributes }, x) {
    const { channels, places } = sizesOf(map);
    const squeezed = Number(reduce?.type.dims[0]);
    const hidden = applied(activations[attributes.hidden].apply, perChannel(1 + OFFSET ** 2));
    const gate = applied(activations[attributes.gate].apply, perChannel(GATE_INPUT ** 2 + OFFSET ** 2));
    return {
      result: scaled(x, gate.power),
      parameters: [
        undefined,
        normal(unitGain(channels, pooled(x, places))),
        normal(GATE_INPUT * unitGain(squeezed, hidden)),
        normal(OFFSET),
        normal(OFFSET),
      ],
    };
  },
  "attention.eca"({ operands: [map], attributes: { kernel } }, x) {
    const gate = applied(activations.sigmoid.apply, perChannel(GATE_INPUT ** 2));
    const gain = GATE_INPUT * unitGain(kernel, pooled(x, sizesOf(map).places));
    return { result: scaled(x, gate.power), parameters: [undefined, uniform(TAPS, gain)] };
  },
  batch_norm(_op, x) {
    const mean = OFFSET * variation(x);
    const centred = sum(x, perChannel(mean ** 2));
    const y = scaled(centred, (meanSquare(SCALE) * meanInverse(VARIANCE)) / x.power);
    const shift = OFFSET * variation(y);
    return {
      result: sum(y, perChannel(shift ** 2)),
      parameters: [undefined, uniform(SCALE), normal(shift), normal(mean), uniform(VARIANCE, x.power)],
    };
  },
  conv: (op, x) => stressLinear(op, x, tapsInside(op)),
  gemm: (op, x) => stressLinear(op, x, 1),

  add: (_op, x, y) => ({ result: sum(x, y) }),
  sub: (_op, x, y) => ({ result: sum(x, y) }),
  div: (_op, x, y) => ({ result: scaled(x, 1 / y.power) }),
  matmul: ({ operands: [a] }, x, y) => ({ result: scaled(product(x, y), Number(a?.type.dims.at(-1))) }),
  concat: (_op, x, y) => ({ result: { power: (x.power + y.power) / 2, steady: (x.steady + y.steady) / 2 } }),
  softmax: ({ operands: [x], attributes: { axis } }) => ({
    result: perChannel(1 / Number(x?.type.dims[axis]) ** 2),
  }),
  sqrt: (_op, x) => ({ result: applied((value) => Math.sqrt(Math.abs(value)), x) }),
  mul: (_op, x, y) => ({ result: product(x, y) }),
  global_avg_pool: ({ operands: [map] }, x) => ({ result: pooled(x, sizesOf(map).places) }),
  global_max_pool: ({ operands: [map] }, x) => ({ result: largest(x, sizesOf(map).places) }),
  avg_pool: ({ attributes: { kernel } }, x) => ({ result: pooled(x, kernel[0] * kernel[1]) }),
  reduce_mean: (op, x) => ({
    result: op.attributes.axes.includes(1) ? scaled(x, 1 / reducedCount(op)) : pooled(x, reducedCount(op)),
  }),
  reduce_max: (op, x) => ({ result: largest(x, reducedCount(op)) }),
  clip: ({ attributes: { low, high } }, x) => ({
    result: applied((value) => Math.min(Math.max(value, low), high), x),
  }),
  erf: (_op, x) => ({ result: applied(erfOf, x) }),
  gelu: stressActivation,
  hard_sigmoid: stressActivation,
  hard_swish: stressActivation,
  relu: stressActivation,
  relu6: stressActivation,
  sigmoid: stressActivation,
  silu: stressActivation,
  tanh: stressActivation,

  drop_path: keepMoments,
  dropout: keepMoments,
  flatten: keepMoments,
  reshape: keepMoments,
  slice: keepMoments,
  transpose: keepMoments,
};

/** Convolution or matrix product of power 1, where on average only a share of the products is not with padding. */
function stressLinear(
  { operands: [, weight, bias] }: OpOf<"conv" | "gemm">,
  x: Moments,
  share: number,
): Stress {
  const [, ...fanIn] = concreteDims(weight?.type.dims ?? []);
  const y = scaled(x, 1 / x.power);
  const offset = OFFSET * variation(y);
  return {
    result: bias === undefined ? y : sum(y, perChannel(offset ** 2)),
    parameters: [undefined, normal(unitGain(elementCount(fanIn) * share, x)), normal(offset)],
  };
}

/** The share of a convolution's products that read the map and not the zeros around it. */
function tapsInside({ operands: [map, weight], results: [result], attributes }: OpOf<"conv">): number {
  const shares = ([0, 1] as const).map((axis) => {
    const [size, kernel, outputs] = [map, weight, result].map((value) => Number(value?.type.dims[axis + 2]));
    if (size === undefined || kernel === undefined || outputs === undefined) return 1;
    let inside = 0;
    for (let output = 0; output < outputs; output++) {
      const start = output * attributes.strides[axis] - attributes.pads[axis];
      for (let tap = 0; tap < kernel; tap++) {
        const place = start + tap * attributes.dilations[axis];
        if (place >= 0 && place < size) inside++;
      }
    }
    return inside / (outputs * kernel);
  });
  return shares.reduce((all, share) => all * share, 1);
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

/** The deviation of weights that make a sum of `fanIn` products with x of power 1. */
function unitGain(fanIn: number, { power }: Moments): number {
  return 1 / Math.sqrt(fanIn * power);
}

function sizesOf(map: Value | undefined): { readonly channels: number; readonly places: number } {
  const [, channels, height, width] = featureMap(map?.type, "x");
  return { channels, places: height * width };
}
