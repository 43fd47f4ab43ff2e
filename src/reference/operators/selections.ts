import { indexFrom } from "../../ir/ops/axes.js";
import { selections as ops, topIndices } from "../../ir/ops/selections.js";
import type { Tensor } from "../../ir/tensor.js";
import { elementCount, refuse, stridesOf } from "../../ir/types.js";
import {
  aroundAxis,
  axisFrom,
  type Evaluator,
  filled,
  type OperatorNode,
  positionOf,
  tensorOf,
} from "./node.js";

// Operators that look elements up by indexes, and those that find indexes: https://onnx.ai/onnx/operators/

const gather: Evaluator = (node) => {
  const [x, indices] = [node.input(0), node.input(1)];
  const axis = axisFrom(node.number("axis", 0), x.dims.length);
  const { outer, size, inner } = aroundAxis(x.dims, axis);
  const data = new Float64Array(outer * indices.data.length * inner);
  let target = 0;
  for (let row = 0; row < outer; row++) {
    for (const index of indices.data) {
      const from = (row * size + indexFrom(index, size)) * inner;
      data.set(x.data.subarray(from, from + inner), target);
      target += inner;
    }
  }
  return [{ dims: x.dims.toSpliced(axis, 1, ...indices.dims), data }];
};

const gatherElements: Evaluator = (node) => {
  const [x, indices] = [node.input(0), node.input(1)];
  const axis = axisFrom(node.number("axis", 0), x.dims.length);
  return [ops.gather_elements.evaluate({ x, indices }, { axis })];
};

const gatherNd: Evaluator = (node) => {
  const [x, indices] = [node.input(0), node.input(1)];
  return [ops.gather_nd.evaluate({ x, indices }, { batch: node.number("batch_dims", 0) })];
};

/** What a scattered element becomes beside the one that is there. */
function reductionOf(node: OperatorNode): (there: number, given: number) => number {
  const reduction = node.string("reduction", "none");
  switch (reduction) {
    case "none":
      return (_, given) => given;
    case "add":
      return (there, given) => there + given;
    case "mul":
      return (there, given) => there * given;
    case "max":
      return Math.max;
    case "min":
      return Math.min;
    default:
      return refuse(`reduction ${reduction} is not known`);
  }
}

const scatterElements: Evaluator = (node) => {
  const [x, indices, updates] = [node.input(0), node.input(1), node.input(2)];
  const axis = axisFrom(node.number("axis", 0), x.dims.length);
  const reduce = reductionOf(node);
  const strides = stridesOf(x.dims);
  const y = tensorOf(x.dims, x.data);
  filled(indices.dims, (at, i) => {
    const target = positionOf(at.with(axis, indexFrom(indices.data[i] ?? 0, x.dims[axis] ?? 0)), strides);
    y.data[target] = reduce(y.data[target] ?? 0, updates.data[i] ?? 0);
    return 0;
  });
  return [y];
};

const scatterNd: Evaluator = (node) => {
  const [x, indices, updates] = [node.input(0), node.input(1), node.input(2)];
  const reduce = reductionOf(node);
  const depth = indices.dims.at(-1) ?? 0;
  const rows = elementCount(indices.dims.slice(0, -1));
  const inner = elementCount(x.dims.slice(depth));
  const strides = stridesOf(x.dims).slice(0, depth);
  const y = tensorOf(x.dims, x.data);
  for (let row = 0; row < rows; row++) {
    const at = Array.from({ length: depth }, (_, i) =>
      indexFrom(indices.data[row * depth + i] ?? 0, x.dims[i] ?? 0),
    );
    const start = positionOf(at, strides);
    for (let i = 0; i < inner; i++) {
      y.data[start + i] = reduce(y.data[start + i] ?? 0, updates.data[row * inner + i] ?? 0);
    }
  }
  return [y];
};

const oneHot: Evaluator = (node) => {
  const [indices, depths, values] = [node.input(0), node.input(1), node.input(2)];
  const depth = depths.data[0] ?? 0;
  if (!Number.isInteger(depth) || depth < 0) refuse(`its depth is ${depth}`);
  const rank = indices.dims.length + 1;
  const axis = axisFrom(node.number("axis", -1), rank);
  const [off = 0, on = 1] = values.data;
  const strides = stridesOf(indices.dims);
  return [
    filled(indices.dims.toSpliced(axis, 0, depth), (at) => {
      const index = indices.data[positionOf(at.toSpliced(axis, 1), strides)] ?? 0;
      return (index < 0 ? index + depth : index) === at[axis] ? on : off;
    }),
  ];
};

const nonZero: Evaluator = (node) => [ops.nonzero.evaluate({ x: node.input(0) }, { count: node.operator })];

const compress: Evaluator = (node) => {
  const [x, condition] = [node.input(0), node.input(1)];
  const axis = node.has("axis") ? axisFrom(node.number("axis", 0), x.dims.length) : undefined;
  const flat: Tensor = axis === undefined ? { dims: [x.data.length], data: x.data } : x;
  const along = axis ?? 0;
  const chosen = Array.from(condition.data).flatMap((holds, i) =>
    holds && i < (flat.dims[along] ?? 0) ? [i] : [],
  );
  const strides = stridesOf(flat.dims);
  return [
    filled(
      flat.dims.with(along, chosen.length),
      (at) => flat.data[positionOf(at.with(along, chosen[at[along] ?? 0] ?? 0), strides)] ?? 0,
    ),
  ];
};

const topK: Evaluator = (node) => {
  const x = node.input(0);
  const axis = axisFrom(node.number("axis", -1), x.dims.length);
  const k = node.optional(1)?.data[0] ?? node.number("k", 1);
  const indices = topIndices(x, axis, k, node.number("largest", 1) === 1);
  return [ops.gather_elements.evaluate({ x, indices }, { axis }), indices];
};

const extreme =
  (isBetter: (x: number, best: number) => boolean): Evaluator =>
  (node) => {
    const x = node.input(0);
    const axis = axisFrom(node.number("axis", 0), x.dims.length);
    const takesLast = node.number("select_last_index", 0) === 1;
    const { outer, size, inner } = aroundAxis(x.dims, axis);
    const data = new Float64Array(outer * inner);
    for (let row = 0; row < data.length; row++) {
      const of = (at: number): number =>
        x.data[(Math.floor(row / inner) * size + at) * inner + (row % inner)] ?? 0;
      let best = 0;
      for (let at = 1; at < size; at++) {
        if (isBetter(of(at), of(best)) || (takesLast && of(at) === of(best))) best = at;
      }
      data[row] = best;
    }
    const kept = node.number("keepdims", 1) === 1;
    return [{ dims: kept ? x.dims.with(axis, 1) : x.dims.toSpliced(axis, 1), data }];
  };

const cumulative: Evaluator = (node) => {
  const x = node.input(0);
  const axis = axisFrom(node.input(1).data[0] ?? 0, x.dims.length);
  const [exclusive, reverse] = [node.number("exclusive", 0) === 1, node.number("reverse", 0) === 1];
  const { outer, size, inner } = aroundAxis(x.dims, axis);
  const data = new Float64Array(x.data.length);
  for (let row = 0; row < outer * inner; row++) {
    let sum = 0;
    for (let step = 0; step < size; step++) {
      const at =
        (Math.floor(row / inner) * size + (reverse ? size - 1 - step : step)) * inner + (row % inner);
      const next = sum + (x.data[at] ?? 0);
      data[at] = exclusive ? sum : next;
      sum = next;
    }
  }
  return [{ dims: x.dims, data }];
};

/** The first so many of each row turned around, the others where they are. */
const reverseSequence: Evaluator = (node) => {
  const [x, lengths] = [node.input(0), node.input(1)];
  const [batch, time] = [node.number("batch_axis", 1), node.number("time_axis", 0)];
  const strides = stridesOf(x.dims);
  return [
    filled(x.dims, (at) => {
      const [length, t] = [lengths.data[at[batch] ?? 0] ?? 0, at[time] ?? 0];
      return x.data[positionOf(at.with(time, t < length ? length - 1 - t : t), strides)] ?? 0;
    }),
  ];
};

/** The slices along an axis that differ, or the numbers: once each, where each first is, which one each is, and how many. */
const unique: Evaluator = (node) => {
  const given = node.input(0);
  const x: Tensor = node.has("axis") ? given : { dims: [given.data.length], data: given.data };
  const axis = axisFrom(node.number("axis", 0), x.dims.length);
  const { outer, size, inner } = aroundAxis(x.dims, axis);
  const slices = Array.from({ length: size }, (_, at) =>
    Array.from(
      { length: outer * inner },
      (_, i) => x.data[(Math.floor(i / inner) * size + at) * inner + (i % inner)] ?? 0,
    ),
  );
  const first = new Map<string, number>();
  for (const [at, slice] of slices.entries()) if (!first.has(slice.join())) first.set(slice.join(), at);
  const kept = [...first.values()];
  const order = (a: readonly number[] = [], b: readonly number[] = []): number => {
    const differs = a.findIndex((each, i) => each !== b[i]);
    return differs < 0 ? 0 : (a[differs] ?? 0) - (b[differs] ?? 0);
  };
  if (node.number("sorted", 1) === 1) kept.sort((a, b) => order(slices[a], slices[b]));
  const places = new Map(kept.map((at, place) => [(slices[at] ?? []).join(), place]));
  const inverse = slices.map((slice) => places.get(slice.join()) ?? 0);
  const strides = stridesOf(x.dims);
  const y = filled(
    x.dims.with(axis, kept.length),
    (at) => x.data[positionOf(at.with(axis, kept[at[axis] ?? 0] ?? 0), strides)] ?? 0,
  );
  const counts = kept.map((_, place) => inverse.filter((each) => each === place).length);
  return [y, ...[kept, inverse, counts].map((each) => tensorOf([each.length], each))];
};

export const selections: Readonly<Record<string, Evaluator>> = {
  ArgMax: extreme((x, best) => x > best),
  ArgMin: extreme((x, best) => x < best),
  Compress: compress,
  CumSum: cumulative,
  Gather: gather,
  GatherElements: gatherElements,
  GatherND: gatherNd,
  NonZero: nonZero,
  OneHot: oneHot,
  ReverseSequence: reverseSequence,
  // The name before opset 11.
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterNd,
  TopK: topK,
  Unique: unique,
};
