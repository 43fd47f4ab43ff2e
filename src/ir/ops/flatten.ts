import * as z from "zod";
import { defineOp } from "../op.js";
import { productOf } from "../sizes.js";
import { operandAt } from "../tensor.js";
import { elementCount, refuse, tensorType } from "../types.js";

export const flatten = defineOp({
  name: "flatten",
  level: "primitive",
  precision: "half",
  doc: "[N, ...] to [N, the product of the rest]",
  source: "https://onnx.ai/onnx/operators/onnx__Flatten.html (axis 1)",
  operands: ["x"],
  attributes: z.strictObject({}),
  takesIntegers: true,
  moves: true,
  infer([x]) {
    const [n, ...rest] = x?.dims ?? [];
    if (n === undefined) refuse("x has no axis");
    return [tensorType([n, productOf(rest)], x?.dtype)];
  },
  evaluate(operands) {
    const x = operandAt(operands, 0);
    return [{ dims: [x.dims[0] ?? 1, elementCount(x.dims.slice(1))], data: x.data }];
  },
});
