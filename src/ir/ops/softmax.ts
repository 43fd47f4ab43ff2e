import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt, type Tensor, zeros } from "../tensor.js";
import { refuse } from "../types.js";

export const softmax = defineOp({
  name: "softmax",
  level: "primitive",
  precision: { float32: "the sum of exponentials overflows, and shares of many places vanish" },
  doc: "exp(x) / Σ exp(x), the sum along an axis",
  source: "https://onnx.ai/onnx/operators/onnx__Softmax.html (opset 13 and later)",
  operands: ["x"],
  attributes: z.strictObject({ axis: z.int().min(0) }),
  infer(operands, { axis }) {
    const x = operandAt(operands, 0);
    if (axis >= x.dims.length) refuse(`x has no axis ${axis}`);
    return [x];
  },
  evaluate: (operands, { axis }) => [softmaxAlong(operandAt(operands, 0), axis)],
});

function softmaxAlong(x: Tensor, axis: number): Tensor {
  const y = zeros(x.dims);
  const size = operandAt(x.dims, axis);
  const inner = x.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  for (let start = 0; start < x.data.length; start += size * inner) {
    for (let i = start; i < start + inner; i++) {
      const places = Array.from({ length: size }, (_, step) => i + step * inner);
      // Without the largest element, exp would overflow.
      const most = places.reduce((max, at) => Math.max(max, operandAt(x.data, at)), Number.NEGATIVE_INFINITY);
      const total = places.reduce((sum, at) => sum + Math.exp(operandAt(x.data, at) - most), 0);
      for (const at of places) y.data[at] = Math.exp(operandAt(x.data, at) - most) / total;
    }
  }
  return y;
}
