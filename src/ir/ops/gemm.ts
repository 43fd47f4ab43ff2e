import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt, zeros } from "../tensor.js";
import { concreteDims, elementCount, expectDims, refuse, tensorType } from "../types.js";

export const gemm = defineOp({
  name: "gemm",
  level: "primitive",
  precision: "half",
  doc: "y[n,o] = bias[o] + Σᵢ weight[o,i] · x[n,i]: the linear layer",
  source: "https://onnx.ai/onnx/operators/onnx__Gemm.html (transB 1)",
  operands: ["x", "weight", "bias?"],
  attributes: z.strictObject({}),
  infer([x, weight, bias]) {
    const [n, inputs] = x?.dims ?? [];
    const [outputs, taken] = weight?.dims ?? [];
    if (n === undefined || x?.dims.length !== 2) refuse("x must be [N, inputs]");
    if (typeof outputs !== "number" || weight?.dims.length !== 2) refuse("weight must be [outputs, inputs]");
    if (taken !== inputs) refuse(`weight takes ${taken} inputs, x has ${inputs}`);
    if (bias !== undefined) expectDims(bias, [outputs], "bias");
    return [tensorType([n, outputs], x.dtype)];
  },
  cost([x], [y]) {
    return { macs: elementCount(concreteDims(y?.dims ?? [])) * Number(x?.dims[1]) };
  },
  evaluate(operands) {
    const [x, weight, bias] = [operandAt(operands, 0), operandAt(operands, 1), operands[2]];
    const [batch, inputs] = [operandAt(x.dims, 0), operandAt(x.dims, 1)];
    const outputs = operandAt(weight.dims, 0);
    const y = zeros([batch, outputs], x);
    for (let n = 0; n < batch; n++) {
      for (let o = 0; o < outputs; o++) {
        let sum = bias?.data[o] ?? 0;
        for (let i = 0; i < inputs; i++) {
          sum += (weight.data[o * inputs + i] as number) * (x.data[n * inputs + i] as number);
        }
        y.data[n * outputs + o] = sum;
      }
    }
    return [y];
  },
});
