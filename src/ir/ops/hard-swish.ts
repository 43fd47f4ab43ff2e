import { defineUnary } from "./unary.js";

export const hardSwish = defineUnary({
  name: "hard_swish",
  level: "primitive",
  precision: "half",
  doc: "x · hard_sigmoid(x)",
  source: "MobileNetV3 (ICCV 2019), section 5.2; https://onnx.ai/onnx/operators/onnx__HardSwish.html",
  apply: (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
});
