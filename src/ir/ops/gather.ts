import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt, zeros } from "../tensor.js";
import { elementCount, refuse, tensorType } from "../types.js";

export const gather = defineOp({
  name: "gather",
  level: "primitive",
  precision: "half",
  doc: "the parts of x at some indices of an axis, in the shape of the indices; negative ones count from the end",
  source: "https://onnx.ai/onnx/operators/onnx__Gather.html",
  operands: ["x", "indices"],
  attributes: z.strictObject({ axis: z.int().min(0).default(0) }),
  integerOperands: ["indices"],
  takesIntegers: true,
  moves: true,
  infer(operands, { axis }) {
    const [x, indices] = [operandAt(operands, 0), operandAt(operands, 1)];
    const size = x.dims[axis] ?? refuse(`x has no axis ${axis}`);
    const outside = indices.values?.find(
      (index) => typeof index === "number" && typeof size === "number" && (index >= size || index < -size),
    );
    if (outside !== undefined) refuse(`index ${outside} is outside of an axis of ${size}`);
    return [tensorType(x.dims.toSpliced(axis, 1, ...indices.dims), x.dtype)];
  },
  evaluate(operands, { axis }) {
    const [x, indices] = [operandAt(operands, 0), operandAt(operands, 1)];
    const size = operandAt(x.dims, axis);
    const inner = elementCount(x.dims.slice(axis + 1));
    const outer = elementCount(x.dims.slice(0, axis));
    const y = zeros(x.dims.toSpliced(axis, 1, ...indices.dims), x);
    let target = 0;
    for (let row = 0; row < outer; row++) {
      for (const index of indices.data) {
        const from = (row * size + (index < 0 ? index + size : index)) * inner;
        y.data.set(x.data.subarray(from, from + inner), target);
        target += inner;
      }
    }
    return [y];
  },
});
