import { defineUnary } from "./unary.js";

export const sqrt = defineUnary({
  name: "sqrt",
  level: "primitive",
  doc: "√x",
  source: "https://onnx.ai/onnx/operators/onnx__Sqrt.html",
  apply: Math.sqrt,
});
