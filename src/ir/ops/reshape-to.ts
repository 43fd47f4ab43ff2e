import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { refuse, tensorType } from "../types.js";
import { reshapedDims } from "./reshape.js";

export const reshapeTo = defineOp({
  name: "reshape_to",
  level: "primitive",
  precision: "half",
  doc: "reshape, to sizes that are computed",
  source: "https://onnx.ai/onnx/operators/onnx__Reshape.html (allowzero 0)",
  operands: ["x", "shape"],
  attributes: z.strictObject({}),
  integerOperands: ["shape"],
  takesIntegers: true,
  moves: true,
  infer(operands) {
    const [x, shape] = [operandAt(operands, 0), operandAt(operands, 1)];
    if (shape.dims.length !== 1) refuse("its shape must be a vector");
    const sizes = shape.values ?? refuse("its shape depends on more than sizes");
    return [tensorType(reshapedDims(x.dims, sizes), x.dtype)];
  },
  evaluate(operands) {
    const [x, shape] = [operandAt(operands, 0), operandAt(operands, 1)];
    return [{ dims: reshapedDims(x.dims, [...shape.data]) as readonly number[], data: x.data }];
  },
});
