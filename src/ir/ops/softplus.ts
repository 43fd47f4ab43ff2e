import { defineUnary } from "./unary.js";

/** Without the larger of x and 0, exp would overflow. */
function softplusOf(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

export const softplus = defineUnary({
  name: "softplus",
  level: "primitive",
  precision: "half",
  doc: "log(1 + exp(x))",
  source: "https://onnx.ai/onnx/operators/onnx__Softplus.html",
  apply: softplusOf,
});
