import * as z from "zod";
import { defineOp } from "../op.js";
import { productOf } from "../sizes.js";
import { operandAt } from "../tensor.js";
import { type Dim, formatType, refuse, tensorType } from "../types.js";

export const flatten = defineOp({
  name: "flatten",
  level: "primitive",
  precision: "half",
  doc: "the product of the sizes before an axis by the product of the others: [N, ...] to [N, the rest]",
  source: "https://onnx.ai/onnx/operators/onnx__Flatten.html",
  operands: ["x"],
  attributes: z.strictObject({ axis: z.int().min(0).default(1) }),
  takesIntegers: true,
  moves: true,
  infer(operands, { axis }) {
    const x = operandAt(operands, 0);
    if (axis > x.dims.length) refuse(`${formatType(x)} has no axis ${axis}`);
    return [tensorType(flattened(x.dims, axis), x.dtype)];
  },
  evaluate(operands, { axis }) {
    const x = operandAt(operands, 0);
    return [{ dims: flattened(x.dims, axis) as readonly number[], data: x.data }];
  },
});

function flattened(dims: readonly Dim[], axis: number): readonly Dim[] {
  return [productOf(dims.slice(0, axis)), productOf(dims.slice(axis))];
}
