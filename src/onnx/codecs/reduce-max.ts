import { reductionCodec } from "./reduction.js";

/** https://onnx.ai/onnx/operators/onnx__ReduceMax.html */
export const reduceMax = reductionCodec<"reduce_max">("ReduceMax");
