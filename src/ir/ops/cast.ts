import * as z from "zod";
import { roundToFloat16 } from "../../base/float16.js";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { refuse, tensorType } from "../types.js";

/** The one op whose result has another element type than its operand. */
export const cast = defineOp({
  name: "cast",
  level: "primitive",
  precision: "half",
  doc: "x rounded to the nearest number of another element type",
  source: "https://onnx.ai/onnx/operators/onnx__Cast.html (between floating-point types)",
  operands: ["x"],
  attributes: z.strictObject({ to: z.enum(["float32", "float16"]) }),
  infer(operands, { to }) {
    const x = operandAt(operands, 0);
    if (x.dtype === "int64") refuse("integers are not cast");
    return [tensorType(x.dims, to)];
  },
  evaluate(operands, { to }) {
    const { dims, data } = operandAt(operands, 0);
    return [{ dims, data: data.map(to === "float16" ? roundToFloat16 : Math.fround) }];
  },
});
