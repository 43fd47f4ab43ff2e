import { defineUnary } from "./unary.js";

export const hardSigmoid = defineUnary({
  name: "hard_sigmoid",
  level: "primitive",
  precision: "half",
  doc: "min(max(x / 6 + 1/2, 0), 1)",
  source:
    "MobileNetV3 (ICCV 2019), section 5.2; https://onnx.ai/onnx/operators/onnx__HardSigmoid.html with alpha 1/6",
  apply: (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1),
  computedFrom: () => 1,
});
