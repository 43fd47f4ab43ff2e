import { defineUnary } from "./unary.js";

export const exp = defineUnary({
  name: "exp",
  level: "primitive",
  precision: { float32: "beyond 11 it is infinite, and small differences of large results vanish" },
  doc: "exp(x)",
  source: "https://onnx.ai/onnx/operators/onnx__Exp.html",
  apply: Math.exp,
});
