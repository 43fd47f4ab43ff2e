import { reductionCodec } from "./reduction.js";

/** https://onnx.ai/onnx/operators/onnx__ReduceSum.html; its axes became an input earlier than those of the others */
export const reduceSum = reductionCodec<"reduce_sum">("ReduceSum", 13);
