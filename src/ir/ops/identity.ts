import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";

export const identity = defineOp({
  name: "identity",
  level: "primitive",
  precision: "half",
  doc: "x",
  source: "https://onnx.ai/onnx/operators/onnx__Identity.html",
  operands: ["x"],
  attributes: z.strictObject({}),
  takesIntegers: true,
  moves: true,
  infer: (operands) => [operandAt(operands, 0)],
  evaluate: (operands) => [operandAt(operands, 0)],
});
