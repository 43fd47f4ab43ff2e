import { defineUnary } from "./unary.js";

export const hardSigmoidFifth = defineUnary({
  name: "hard_sigmoid_0.2",
  level: "model",
  doc: "min(max(x / 5 + 1/2, 0), 1)",
  source:
    "Keras 2 and PaddlePaddle, hard_sigmoid; https://onnx.ai/onnx/operators/onnx__HardSigmoid.html with its own alpha, 0.2",
  apply: (x) => Math.min(Math.max(0.2 * x + 0.5, 0), 1),
  computedFrom: () => 1,
});
