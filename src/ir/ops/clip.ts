import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { refuse } from "../types.js";

export const clip = defineOp({
  name: "clip",
  level: "primitive",
  precision: "half",
  doc: "min(max(x, low), high)",
  source: "https://onnx.ai/onnx/operators/onnx__Clip.html",
  operands: ["x"],
  attributes: z.strictObject({ low: z.number(), high: z.number() }),
  infer(operands, { low, high }) {
    if (low > high) refuse(`low (${low}) is above high (${high})`);
    return [operandAt(operands, 0)];
  },
  evaluate(operands, { low, high }) {
    const x = operandAt(operands, 0);
    return [{ dims: x.dims, data: x.data.map((each) => Math.min(Math.max(each, low), high)) }];
  },
});
