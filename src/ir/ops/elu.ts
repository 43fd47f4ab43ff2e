import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";

export const elu = defineOp({
  name: "elu",
  level: "primitive",
  precision: "half",
  doc: "x where it is positive, else scale · (exp(x) - 1)",
  source: "https://onnx.ai/onnx/operators/onnx__Elu.html (alpha)",
  operands: ["x"],
  attributes: z.strictObject({ scale: z.number().default(1) }),
  infer: (operands) => [operandAt(operands, 0)],
  evaluate(operands, { scale }) {
    const { dims, data } = operandAt(operands, 0);
    return [{ dims, data: data.map((x) => (x < 0 ? scale * Math.expm1(x) : x)) }];
  },
});
