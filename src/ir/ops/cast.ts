import * as z from "zod";
import { roundToFloat16 } from "../../base/float16.js";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { tensorType } from "../types.js";

const ROUNDINGS = {
  float32: Math.fround,
  float16: roundToFloat16,
  int64: Math.trunc,
  int32: Math.trunc,
} as const;

/** The one op whose result has another element type than its operand. */
export const cast = defineOp({
  name: "cast",
  level: "primitive",
  precision: "half",
  doc: "x rounded to the nearest number of another element type, to an integer towards zero",
  source: "https://onnx.ai/onnx/operators/onnx__Cast.html (float32, float16, int64 and int32)",
  operands: ["x"],
  attributes: z.strictObject({ to: z.enum(["float32", "float16", "int64", "int32"]) }),
  takesIntegers: true,
  infer: (operands, { to }) => [tensorType(operandAt(operands, 0).dims, to)],
  values: ([x]) => x?.values,
  evaluate(operands, { to }) {
    const { dims, data } = operandAt(operands, 0);
    return [{ dims, data: data.map(ROUNDINGS[to]) }];
  },
});
