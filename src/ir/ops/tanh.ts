import { defineUnary } from "./unary.js";

export const tanh = defineUnary({
  name: "tanh",
  level: "primitive",
  precision: "half",
  doc: "tanh(x)",
  source: "https://onnx.ai/onnx/operators/onnx__Tanh.html",
  apply: Math.tanh,
});
