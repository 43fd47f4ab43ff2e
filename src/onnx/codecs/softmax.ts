import { softmaxCodec } from "./softmax-along.js";

/** https://onnx.ai/onnx/operators/onnx__Softmax.html */
export const softmax = softmaxCodec<"softmax">("Softmax");
