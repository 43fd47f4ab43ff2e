import { defineUnary } from "./unary.js";

export const abs = defineUnary({
  name: "abs",
  level: "primitive",
  precision: "half",
  doc: "|x|",
  source: "https://onnx.ai/onnx/operators/onnx__Abs.html",
  apply: Math.abs,
});
