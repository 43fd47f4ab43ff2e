import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { refuse, tensorType } from "../types.js";
import { broadcastDims, broadcastTensor } from "./broadcast.js";

export const expand = defineOp({
  name: "expand",
  level: "primitive",
  precision: "half",
  doc: "x repeated along its axes of size 1, as it is where it meets a tensor of that shape",
  source: "https://onnx.ai/onnx/operators/onnx__Expand.html",
  operands: ["x", "shape"],
  attributes: z.strictObject({}),
  integerOperands: ["shape"],
  takesIntegers: true,
  moves: true,
  infer(operands) {
    const [x, shape] = [operandAt(operands, 0), operandAt(operands, 1)];
    const sizes = shape.values ?? refuse("its shape depends on more than sizes");
    if (sizes.some((size) => typeof size === "number" && size < 0)) refuse("its shape has a negative size");
    return [tensorType(broadcastDims(x.dims, sizes), x.dtype)];
  },
  evaluate(operands) {
    const [x, shape] = [operandAt(operands, 0), operandAt(operands, 1)];
    return [broadcastTensor(x, broadcastDims(x.dims, [...shape.data]) as readonly number[])];
  },
});
