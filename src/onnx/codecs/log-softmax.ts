import { softmaxCodec } from "./softmax-along.js";

/** https://onnx.ai/onnx/operators/onnx__LogSoftmax.html */
export const logSoftmax = softmaxCodec<"log_softmax">("LogSoftmax");
