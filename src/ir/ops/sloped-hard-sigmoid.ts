import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";

export const slopedHardSigmoid = defineOp({
  name: "sloped_hard_sigmoid",
  level: "primitive",
  precision: "half",
  doc: "min(max(slope · x + shift, 0), 1), of any slope",
  source: "https://onnx.ai/onnx/operators/onnx__HardSigmoid.html (alpha and beta)",
  operands: ["x"],
  attributes: z.strictObject({ slope: z.number().default(0.2), shift: z.number().default(0.5) }),
  infer: (operands) => [operandAt(operands, 0)],
  evaluate(operands, { slope, shift }) {
    const { dims, data } = operandAt(operands, 0);
    return [{ dims, data: data.map((x) => Math.min(Math.max(slope * x + shift, 0), 1)) }];
  },
});
