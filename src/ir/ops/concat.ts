import * as z from "zod";
import { defineOp } from "../op.js";
import { plus } from "../sizes.js";
import { operandAt, type Tensor, zeros } from "../tensor.js";
import { type Dim, formatType, refuse, tensorType } from "../types.js";

export const concat = defineOp({
  name: "concat",
  level: "primitive",
  precision: "half",
  doc: "the operands one after the other along an axis; all other sizes are equal",
  source: "https://onnx.ai/onnx/operators/onnx__Concat.html",
  operands: ["x", "more..."],
  attributes: z.strictObject({ axis: z.int().min(0) }),
  takesIntegers: true,
  moves: true,
  infer(operands, { axis }) {
    const first = operandAt(operands, 0);
    let total: Dim = 0;
    for (const each of operands) {
      const size = each.dims[axis];
      if (size === undefined) refuse(`${formatType(each)} has no axis ${axis}`);
      const fits =
        each.dims.length === first.dims.length &&
        each.dims.every((dim, i) => i === axis || dim === first.dims[i]);
      if (!fits) refuse(`${formatType(first)} and ${formatType(each)} can't be joined along axis ${axis}`);
      total = plus(total, size);
    }
    return [tensorType(withSize(first.dims, axis, total), first.dtype)];
  },
  evaluate(operands, { axis }) {
    const first = operandAt(operands, 0);
    const total = operands.reduce((sum, { dims }) => sum + operandAt(dims, axis), 0);
    const y = zeros(withSize(first.dims, axis, total), first);
    const runs = operands.map((operand) => runLength(operand, axis));
    const rows = first.data.length / operandAt(runs, 0);
    let target = 0;
    for (let row = 0; row < rows; row++) {
      operands.forEach(({ data }, i) => {
        const length = operandAt(runs, i);
        y.data.set(data.subarray(row * length, (row + 1) * length), target);
        target += length;
      });
    }
    return [y];
  },
});

function withSize<D extends Dim>(dims: readonly D[], axis: number, size: D): readonly D[] {
  return dims.map((dim, i) => (i === axis ? size : dim));
}

/** The elements that lie together between two steps of the axes before `axis`. */
function runLength({ dims }: Tensor, axis: number): number {
  return dims.slice(axis).reduce((product, dim) => product * dim, 1);
}
