import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { inexact } from "./unary.js";

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
    // exp(x) - 1 is computed from numbers around 1.
    const below = (x: number): number =>
      data instanceof Float64Array ? Math.expm1(x) : inexact(Math.expm1(x), 1);
    const apply = (x: number): number => (x < 0 ? scale * below(x) : x);
    return [{ dims, data: data.map(apply) }];
  },
});
