import { defineUnary } from "./unary.js";

export const ceil = defineUnary({
  name: "ceil",
  level: "primitive",
  precision: "half",
  doc: "the next whole number that is not smaller",
  source: "https://onnx.ai/onnx/operators/onnx__Ceil.html",
  apply: Math.ceil,
});
