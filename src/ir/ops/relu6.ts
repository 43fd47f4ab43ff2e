import { defineUnary } from "./unary.js";

export const relu6 = defineUnary({
  name: "relu6",
  level: "model",
  doc: "min(max(x, 0), 6)",
  source: "MobileNetV2 (CVPR 2018), section 3.2",
  apply: (x) => Math.min(Math.max(x, 0), 6),
});
