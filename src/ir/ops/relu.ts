import { defineUnary } from "./unary.js";

export const relu = defineUnary({
  name: "relu",
  level: "primitive",
  precision: "half",
  doc: "max(x, 0)",
  source: "https://onnx.ai/onnx/operators/onnx__Relu.html",
  apply: (x) => Math.max(x, 0),
});
