import { defineUnary } from "./unary.js";

/** The ONNX operator set that brought the operator; for older ones `lower-activation` says it in two. */
export const HARD_SWISH_OPSET = 14;

export const hardSwish = defineUnary({
  name: "hard_swish",
  level: "primitive",
  precision: "half",
  doc: "x · hard_sigmoid(x)",
  source: "MobileNetV3 (ICCV 2019), section 5.2; https://onnx.ai/onnx/operators/onnx__HardSwish.html",
  apply: (x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1),
  computedFrom: Math.abs,
});
