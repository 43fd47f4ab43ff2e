import { hardSigmoidCodec } from "./hard-sigmoid.js";

/** https://onnx.ai/onnx/operators/onnx__HardSigmoid.html with alpha 0.2 and beta 1/2. */
export const hardSigmoidFifth = hardSigmoidCodec<"hard_sigmoid_0.2">(0.2);
