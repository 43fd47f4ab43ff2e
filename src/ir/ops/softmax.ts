import { defineSoftmax } from "./softmax-along.js";

export const softmax = defineSoftmax({
  name: "softmax",
  doc: "exp(x) / Σ exp(x), the sum along an axis",
  source: "https://onnx.ai/onnx/operators/onnx__Softmax.html (opset 13 and later)",
  finish: Math.exp,
});
