import { defineUnary } from "./unary.js";

export const sigmoid = defineUnary({
  name: "sigmoid",
  level: "primitive",
  precision: "half",
  doc: "1 / (1 + exp(-x))",
  source: "https://onnx.ai/onnx/operators/onnx__Sigmoid.html",
  apply: (x) => 1 / (1 + Math.exp(-x)),
  computedFrom: () => 1,
});
