import * as z from "zod";
import { primitiveOp } from "../op.js";
import { integers, numbers } from "../operands.js";
import { elementAt, type Tensor, zeros } from "../tensor.js";
import {
  type Dim,
  elementCount,
  formatType,
  indexesAt,
  refuse,
  stridesOf,
  type TensorType,
  tensorType,
} from "../types.js";
import { indexFrom } from "./axes.js";

/** How many elements are found: a size that only a run has, so the caller that makes the op names it. */
export const found = z.union([z.int().min(0), z.string().min(1)]);

const axis = z.int().min(0);

function whole(dims: readonly number[], data: readonly number[]): Tensor {
  return { dims, data: Float64Array.from(data) };
}

/**
 * The indexes of numbers by their size. Of equal ones the first comes first; NaN counts as larger than all others, as ONNX Runtime
 * and NumPy have it.
 */
export function ranked(values: ArrayLike<number>, largest: boolean): readonly number[] {
  const order = (x: number, y: number): number => {
    if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
    return x - y;
  };
  return Array.from({ length: values.length }, (_, i) => i).sort((a, b) => {
    const by = order(elementAt(values, a), elementAt(values, b));
    return (largest ? -by : by) || a - b;
  });
}

/** The indexes of the k largest numbers along an axis, or of the smallest, with x's other sizes. */
export function topIndices(x: Tensor, along: number, k: number, largest: boolean): Tensor {
  const size = elementAt(x.dims, along);
  if (k < 0 || k > size) refuse(`there are no ${k} of ${size}`);
  const inner = elementCount(x.dims.slice(along + 1));
  const dims = x.dims.with(along, k);
  const data = new Float64Array(elementCount(dims));
  const rows = k === 0 ? 0 : data.length / k;
  for (let row = 0; row < rows; row++) {
    const [outer, rest] = [Math.floor(row / inner), row % inner];
    const values = Float64Array.from({ length: size }, (_, at) =>
      elementAt(x.data, (outer * size + at) * inner + rest),
    );
    for (const [rank, index] of ranked(values, largest).slice(0, k).entries()) {
      data[(outer * k + rank) * inner + rest] = index;
    }
  }
  return { dims, data };
}

/** The sizes of what indices [..., K] choose of x: its first K axes after the batch. */
function chosenDims<D extends Dim>(x: readonly D[], indices: readonly D[], batch: number): readonly D[] {
  const depth = indices.at(-1);
  if (typeof depth !== "number") return refuse("how many axes are chosen is open");
  if (batch + depth > x.length || batch >= indices.length || depth === 0)
    refuse(`${depth} indexes after ${batch} choose nothing of ${x.length} axes`);
  return [...indices.slice(0, -1), ...x.slice(batch + depth)];
}

/** Whether a size is certainly another one. */
function differs(a: Dim | undefined, b: Dim | undefined): boolean {
  return typeof a === "number" && typeof b === "number" && a !== b;
}

function countOf(k: TensorType, count: Dim | undefined): Dim {
  if (k.dims.length !== 1 || differs(k.dims[0], 1)) refuse("k must be one number, as a vector");
  return k.values?.[0] ?? count ?? refuse("k depends on more than sizes, and how many there are has no name");
}

/** Elements that are chosen: by indices, or by what they are. */
export const selections = {
  top_k: primitiveOp({
    precision: "half",
    doc: "the indices of the k largest elements of x along an axis, the largest first; or of the smallest",
    source: "https://onnx.ai/onnx/operators/onnx__TopK.html (its second output, sorted)",
    operands: { x: numbers, k: integers },
    attributes: () =>
      z.strictObject({
        axis,
        largest: z.boolean().default(true),
        /** How many there are, where only a run knows k. */
        count: found.optional(),
      }),
    infer({ x, k }, { axis: along, count }) {
      const size = x.dims[along] ?? refuse(`${formatType(x)} has no axis ${along}`);
      const most = countOf(k, count);
      if (typeof most === "number" && (most < 0 || (typeof size === "number" && most > size)))
        refuse(`there are no ${most} of ${size}`);
      return tensorType(x.dims.with(along, most), "int64");
    },
    evaluate: ({ x, k }, { axis: along, largest }) => topIndices(x, along, elementAt(k.data, 0), largest),
  }),
  nonzero: primitiveOp({
    precision: "half",
    doc: "the indices of the elements of x that are not zero, in their order: a row for each axis, a column for each element",
    source: "https://onnx.ai/onnx/operators/onnx__NonZero.html",
    operands: { x: numbers },
    attributes: () => z.strictObject({ count: found }),
    infer({ x }, { count }) {
      if (x.dims.length === 0) refuse("x is a single number");
      return tensorType([x.dims.length, count], "int64");
    },
    evaluate({ x }) {
      const at = Array.from(x.data).flatMap((each, i) => (each === 0 ? [] : [indexesAt(i, x.dims)]));
      return whole(
        [x.dims.length, at.length],
        x.dims.flatMap((_, i) => at.map((each) => elementAt(each, i))),
      );
    },
  }),
  gather_elements: primitiveOp({
    precision: "half",
    doc: "of each position of the indices the element of x there, but along an axis that at the index; negative ones count from the end",
    source: "https://onnx.ai/onnx/operators/onnx__GatherElements.html",
    operands: { x: numbers, indices: integers },
    attributes: () => z.strictObject({ axis }),
    infer({ x, indices }, { axis: along }) {
      if (x.dims.length !== indices.dims.length || along >= x.dims.length)
        refuse(`${formatType(indices)} are no indices of an axis ${along} of ${formatType(x)}`);
      const beyond = indices.dims.find((size, i) => {
        const there = x.dims[i];
        return i !== along && typeof size === "number" && typeof there === "number" && size > there;
      });
      if (beyond !== undefined) refuse(`${formatType(indices)} are more than ${formatType(x)} has`);
      return tensorType(indices.dims, x.dtype);
    },
    evaluate({ x, indices }, { axis: along }) {
      const y = zeros(indices.dims, x);
      const steps = stridesOf(x.dims);
      indices.data.forEach((index, i) => {
        const at = indexesAt(i, indices.dims).with(along, indexFrom(index, elementAt(x.dims, along)));
        y.data[i] = elementAt(
          x.data,
          at.reduce((sum, each, a) => sum + each * elementAt(steps, a), 0),
        );
      });
      return y;
    },
  }),
  gather_nd: primitiveOp({
    precision: "half",
    doc: "the parts of x at rows of indices, which choose its first axes after those of the batch; negative ones count from the end",
    source: "https://onnx.ai/onnx/operators/onnx__GatherND.html",
    operands: { x: numbers, indices: integers },
    attributes: () => z.strictObject({ batch: z.int().min(0).default(0) }),
    infer({ x, indices }, { batch }) {
      const other = x.dims.slice(0, batch).findIndex((size, i) => differs(size, indices.dims[i]));
      if (other !== -1) refuse(`${formatType(x)} and ${formatType(indices)} have other batches`);
      return tensorType(chosenDims(x.dims, indices.dims, batch), x.dtype);
    },
    evaluate({ x, indices }, { batch }) {
      const y = zeros(chosenDims(x.dims, indices.dims, batch), x);
      const depth = elementAt(indices.dims, indices.dims.length - 1);
      const rows = elementCount(indices.dims.slice(0, -1));
      const rowsOfItem = elementCount(indices.dims.slice(batch, -1));
      const [item, part] = [elementCount(x.dims.slice(batch)), elementCount(x.dims.slice(batch + depth))];
      const steps = stridesOf(x.dims).slice(batch, batch + depth);
      for (let row = 0; row < rows; row++) {
        let from = Math.floor(row / rowsOfItem) * item;
        steps.forEach((step, i) => {
          from += step * indexFrom(elementAt(indices.data, row * depth + i), elementAt(x.dims, batch + i));
        });
        y.data.set(x.data.subarray(from, from + part), row * part);
      }
      return y;
    },
  }),
};
