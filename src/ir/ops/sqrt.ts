import { defineUnary } from "./unary.js";

export const sqrt = defineUnary({
  name: "sqrt",
  level: "primitive",
  precision: { float32: "a variance and the ε added to it are zero below 6e-8" },
  doc: "√x",
  source: "https://onnx.ai/onnx/operators/onnx__Sqrt.html",
  apply: Math.sqrt,
});
