import type { OpOf, Value } from "../graph.js";
import { windowAlong } from "../ops/convolutions.js";
import { operandsOf } from "../ops/registry.js";
import { concreteDims, elementCount } from "../types.js";
import { meanSquare, normal, uniform } from "./distribution.js";
import { OFFSET, SCALE, type Stress, unitGain } from "./layers.js";
import { type Moments, mixed, perChannel, sum, variation } from "./moments.js";

// The rules of convolutions and products with weights: their results are around 1.

export function stressConv(op: OpOf<"conv"> | OpOf<"conv_1d">, x: Moments, w: Moments): Stress {
  const { weight, bias } = operandsOf(op);
  const [, , ...sizes] = op.results[0]?.type.dims ?? [];
  const share = sizes.reduce<number>((all, _, axis) => all * shareInside(op, axis), 1);
  // A small dilated map may be read at no tap: then its sums are zero whatever the weights are.
  const products = Math.max(1, fanInOf(weight) * share);
  const power = weight.kind === "parameter" ? undefined : products * w.power;
  return stressLinear(products, bias !== undefined, x, power);
}

/**
 * The gain, where there is one, makes sums of products with x around 1. What all elements of x have in common does not count: the
 * weights of each sum are standardised, and add up to 0.
 *
 * @param x what the layer reads whose weights they are
 */
export function stressStandardizedWeight(op: OpOf<"standardized_weight">, x: Moments): Stress {
  const { weight, gain } = operandsOf(op);
  const { factor } = op.attributes;
  const varying = { ...x, power: Math.max(x.power - (x.mean ?? 0) ** 2, LEAST_VARYING * x.power) };
  const size = unitGain(fanInOf(weight), varying) / (factor * Math.sqrt(meanSquare(SCALE)));
  const power = factor ** 2 * (gain === undefined ? 1 : size ** 2 * meanSquare(SCALE));
  return { result: { power, steady: 0 }, parameters: [undefined, uniform(SCALE, size)] };
}

/** The part of a signal that is taken to vary at least. */
const LEAST_VARYING = 0.01;

/** An element is a sum over the group's channels and, on average, the share of the taps that meet there. */
export function stressConvTranspose(op: OpOf<"conv_transpose">, x: Moments): Stress {
  const { x: map, weight, bias } = operandsOf(op);
  const [y] = op.results;
  const positions = (value: Value | undefined): number =>
    elementCount(concreteDims(value?.type.dims ?? []).slice(2));
  const channels = Number(map.type.dims[1]) / op.attributes.group;
  const products = (channels * positions(weight) * positions(map)) / Math.max(1, positions(y));
  return stressLinear(Math.max(1, products), bias !== undefined, x);
}

export function stressGemm(op: OpOf<"gemm">, x: Moments): Stress {
  const { weight, bias } = operandsOf(op);
  return stressLinear(fanInOf(weight), bias !== undefined, x);
}

export function stressGeneralGemm(op: OpOf<"general_gemm">, x: Moments): Stress {
  const { a, c } = operandsOf(op);
  const fanIn = Number(a.type.dims[op.attributes.transposeA ? 0 : 1]);
  return stressLinear(fanIn, c !== undefined, x);
}

/**
 * Sums of so many products on average, with a bias or without. `factor`: by how much weights that are computed change the power; left
 * out, they are chosen so that it becomes 1.
 */
function stressLinear(products: number, biased: boolean, x: Moments, factor = 1 / x.power): Stress {
  const y = mixed(x, factor);
  const offset = OFFSET * variation(y);
  return {
    result: biased ? sum(y, perChannel(offset ** 2)) : y,
    parameters: [undefined, normal(unitGain(products, x)), normal(offset)],
  };
}

function fanInOf(weight: Value): number {
  return elementCount(concreteDims(weight.type.dims).slice(1));
}

/** The share of a convolution's products along a spatial axis, from 0, that read the map and not the zeros around it. */
function shareInside(op: OpOf<"conv"> | OpOf<"conv_1d">, axis: number): number {
  const { x: map, weight } = operandsOf(op);
  const [size, kernel, outputs] = [map, weight, op.results[0]].map((value) =>
    Number(value?.type.dims[axis + 2]),
  );
  if (size === undefined || kernel === undefined || outputs === undefined) return 1;
  const { stride, dilation, before } = windowAlong(op, axis);
  let inside = 0;
  for (let output = 0; output < outputs; output++) {
    for (let tap = 0; tap < kernel; tap++) {
      const position = output * stride - before + tap * dilation;
      if (position >= 0 && position < size) inside++;
    }
  }
  return inside / (outputs * kernel);
}
