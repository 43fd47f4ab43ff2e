import { defineUnary } from "./unary.js";

export const neg = defineUnary({
  name: "neg",
  level: "primitive",
  precision: "half",
  doc: "-x",
  source: "https://onnx.ai/onnx/operators/onnx__Neg.html",
  apply: (x) => -x,
});
