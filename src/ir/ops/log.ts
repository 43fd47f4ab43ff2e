import { defineUnary } from "./unary.js";

export const log = defineUnary({
  name: "log",
  level: "primitive",
  precision: { float32: "what is below 6e-8 is zero, whose logarithm is infinite" },
  doc: "the natural logarithm of x",
  source: "https://onnx.ai/onnx/operators/onnx__Log.html",
  apply: Math.log,
});
