import * as z from "zod";
import { defineOp } from "../op.js";
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
  infer([x]) {
    const [n, ...rest] = x?.dims ?? [];
    if (n === undefined || rest.some((dim) => typeof dim !== "number"))
      refuse("x must have known sizes after the first");
    return [tensorType([n, elementCount(rest as number[])], x?.dtype)];
  },
  evaluate(operands) {
    const x = operandAt(operands, 0);
    return [{ dims: [x.dims[0] ?? 1, elementCount(x.dims.slice(1))], data: x.data }];
  },
});
