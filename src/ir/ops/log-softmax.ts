import { defineSoftmax } from "./softmax-along.js";

export const logSoftmax = defineSoftmax({
  name: "log_softmax",
  doc: "x - log(Σ exp(x)), the sum along an axis",
  source: "https://onnx.ai/onnx/operators/onnx__LogSoftmax.html (opset 13 and later)",
  finish: (logarithm) => logarithm,
});
