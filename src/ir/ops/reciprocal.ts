import { defineUnary } from "./unary.js";

export const reciprocal = defineUnary({
  name: "reciprocal",
  level: "primitive",
  precision: { float32: "a small divisor, as ε under a root, is zero" },
  doc: "1 / x",
  source: "https://onnx.ai/onnx/operators/onnx__Reciprocal.html",
  apply: (x) => 1 / x,
});
