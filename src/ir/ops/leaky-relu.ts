import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";

export const leakyRelu = defineOp({
  name: "leaky_relu",
  level: "primitive",
  precision: "half",
  doc: "x where it is positive, else slope · x",
  source: "https://onnx.ai/onnx/operators/onnx__LeakyRelu.html (alpha)",
  operands: ["x"],
  attributes: z.strictObject({ slope: z.number().default(0.01) }),
  infer: (operands) => [operandAt(operands, 0)],
  evaluate(operands, { slope }) {
    const { dims, data } = operandAt(operands, 0);
    return [{ dims, data: data.map((x) => (x < 0 ? slope * x : x)) }];
  },
});
