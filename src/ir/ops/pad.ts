import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt, zeros } from "../tensor.js";
import { type Dim, refuse, tensorType } from "../types.js";

const counts = z.array(z.int().min(0)).min(1);

export const pad = defineOp({
  name: "pad",
  level: "primitive",
  precision: "half",
  doc: "x with zeros before and after it along each axis",
  source: "https://onnx.ai/onnx/operators/onnx__Pad.html (mode constant, value 0)",
  operands: ["x"],
  attributes: z.strictObject({
    /** Zeros before the first element, by axis. */
    before: counts,
    /** Zeros after the last element, by axis. */
    after: counts,
  }),
  infer(operands, { before, after }) {
    const x = operandAt(operands, 0);
    if (before.length !== x.dims.length || after.length !== x.dims.length)
      refuse(`before and after must have ${x.dims.length} numbers, one for each axis`);
    return [tensorType(paddedDims(x.dims, before, after), x.dtype)];
  },
  evaluate(operands, { before, after }) {
    const x = operandAt(operands, 0);
    const y = zeros(paddedDims(x.dims, before, after) as number[], x);
    x.data.forEach((value, i) => {
      let rest = i;
      let target = 0;
      let step = 1;
      for (let axis = x.dims.length - 1; axis >= 0; axis--) {
        const size = x.dims[axis] as number;
        target += ((rest % size) + (before[axis] as number)) * step;
        rest = Math.floor(rest / size);
        step *= y.dims[axis] as number;
      }
      y.data[target] = value;
    });
    return [y];
  },
});

function paddedDims(
  dims: readonly Dim[],
  before: readonly number[],
  after: readonly number[],
): readonly Dim[] {
  return dims.map((dim, axis) => {
    const more = (before[axis] ?? 0) + (after[axis] ?? 0);
    if (more === 0) return dim;
    return typeof dim === "number" ? dim + more : refuse(`axis ${axis} of open size ${dim} can't be padded`);
  });
}
