import * as z from "zod";
import { plainOp, primitiveOp } from "../op.js";
import { integers, numbers, rest } from "../operands.js";
import { plus } from "../sizes.js";
import { elementAt, zeros } from "../tensor.js";
import { type Dim, elementCount, formatType, refuse, stridesOf, tensorType } from "../types.js";
import { indexFrom } from "./axes.js";
import { broadcastDims, broadcastTensor, readInSteps } from "./broadcast.js";

/** The sizes with another one along an axis. */
function withSize<D extends Dim>(dims: readonly D[], axis: number, size: D): readonly D[] {
  return dims.map((dim, i) => (i === axis ? size : dim));
}

/** Elements at other positions: in another order, a part of them, several tensors in one, or some of them repeated. */
export const moves = {
  transpose: primitiveOp({
    precision: "half",
    doc: "axis i of the result is axis permutation[i] of x",
    source: "https://onnx.ai/onnx/operators/onnx__Transpose.html",
    operands: { x: numbers },
    attributes: () => z.strictObject({ permutation: z.array(z.int().min(0)).min(1) }),
    moves: true,
    infer({ x }, { permutation }) {
      const axes = [...permutation].sort((a, b) => a - b);
      if (axes.length !== x.dims.length || axes.some((axis, i) => axis !== i)) {
        refuse(`[${permutation.join(", ")}] is no permutation of ${x.dims.length} axes`);
      }
      return tensorType(
        permutation.map((axis) => elementAt(x.dims, axis)),
        x.dtype,
      );
    },
    evaluate({ x }, { permutation }) {
      const along = (sizes: readonly number[]) => permutation.map((axis) => elementAt(sizes, axis));
      return readInSteps(x, along(x.dims), along(stridesOf(x.dims)));
    },
  }),
  slice: primitiveOp({
    precision: "half",
    doc: "the part of x from start to before end along an axis",
    source: "https://onnx.ai/onnx/operators/onnx__Slice.html (one axis, step 1)",
    operands: { x: numbers },
    attributes: () => z.strictObject({ axis: z.int().min(0), start: z.int().min(0), end: z.int().min(1) }),
    moves: true,
    infer({ x }, { axis, start, end }) {
      const size = x.dims[axis];
      if (typeof size !== "number") refuse(`x has no axis ${axis} of known size`);
      if (start >= end || end > size) refuse(`${start} to ${end} is no part of an axis of ${size}`);
      return tensorType(withSize(x.dims, axis, end - start), x.dtype);
    },
    evaluate({ x }, { axis, start, end }) {
      const y = zeros(withSize(x.dims, axis, end - start), x);
      const inner = x.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
      const [from, to] = [elementAt(x.dims, axis) * inner, (end - start) * inner];
      for (let row = 0; row * to < y.data.length; row++) {
        const first = row * from + start * inner;
        y.data.set(x.data.subarray(first, first + to), row * to);
      }
      return y;
    },
  }),
  concat: primitiveOp({
    precision: "half",
    doc: "the operands one after the other along an axis; all other sizes are equal",
    source: "https://onnx.ai/onnx/operators/onnx__Concat.html",
    operands: { x: numbers, more: rest(numbers) },
    attributes: () => z.strictObject({ axis: z.int().min(0) }),
    moves: true,
    infer({ x, more }, { axis }) {
      let total: Dim = 0;
      for (const each of [x, ...more]) {
        const size = each.dims[axis];
        if (size === undefined) refuse(`${formatType(each)} has no axis ${axis}`);
        const fits =
          each.dims.length === x.dims.length && each.dims.every((dim, i) => i === axis || dim === x.dims[i]);
        if (!fits) refuse(`${formatType(x)} and ${formatType(each)} can't be joined along axis ${axis}`);
        total = plus(total, size);
      }
      return tensorType(withSize(x.dims, axis, total), x.dtype);
    },
    evaluate({ x, more }, { axis }) {
      const all = [x, ...more];
      const total = all.reduce((sum, { dims }) => sum + elementAt(dims, axis), 0);
      const y = zeros(withSize(x.dims, axis, total), x);
      // The elements of each that lie together between two steps of the axes before `axis`.
      const runs = all.map(({ dims }) => elementCount(dims.slice(axis)));
      const rows = x.data.length / elementAt(runs, 0);
      let target = 0;
      for (let row = 0; row < rows; row++) {
        all.forEach(({ data }, i) => {
          const length = elementAt(runs, i);
          y.data.set(data.subarray(row * length, (row + 1) * length), target);
          target += length;
        });
      }
      return y;
    },
  }),
  gather: primitiveOp({
    precision: "half",
    doc: "the parts of x at some indices of an axis, in the shape of the indices; negative ones count from the end",
    source: "https://onnx.ai/onnx/operators/onnx__Gather.html",
    operands: { x: numbers, indices: integers },
    attributes: () => z.strictObject({ axis: z.int().min(0).default(0) }),
    moves: true,
    infer({ x, indices }, { axis }) {
      const size = x.dims[axis] ?? refuse(`x has no axis ${axis}`);
      const outside = indices.values?.find(
        (index) => typeof index === "number" && typeof size === "number" && (index >= size || index < -size),
      );
      if (outside !== undefined) refuse(`index ${outside} is outside of an axis of ${size}`);
      return tensorType(x.dims.toSpliced(axis, 1, ...indices.dims), x.dtype);
    },
    evaluate({ x, indices }, { axis }) {
      const size = elementAt(x.dims, axis);
      const inner = elementCount(x.dims.slice(axis + 1));
      const outer = elementCount(x.dims.slice(0, axis));
      const y = zeros(x.dims.toSpliced(axis, 1, ...indices.dims), x);
      let target = 0;
      for (let row = 0; row < outer; row++) {
        for (const index of indices.data) {
          const from = (row * size + indexFrom(index, size)) * inner;
          y.data.set(x.data.subarray(from, from + inner), target);
          target += inner;
        }
      }
      return y;
    },
  }),
  expand: plainOp({
    onnx: { operator: "Expand", since: 8 },
    precision: "half",
    doc: "x repeated along its axes of size 1, as it is where it meets a tensor of that shape",
    operands: { x: numbers, shape: integers },
    moves: true,
    infer({ x, shape }) {
      const sizes = shape.values ?? refuse("its shape depends on more than sizes");
      if (sizes.some((size) => typeof size === "number" && size < 0)) refuse("its shape has a negative size");
      return tensorType(broadcastDims(x.dims, sizes), x.dtype);
    },
    evaluate({ x, shape }) {
      return broadcastTensor(x, broadcastDims(x.dims, [...shape.data]) as readonly number[]);
    },
  }),
};
