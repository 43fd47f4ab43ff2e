import { reductionCodec } from "./reduction.js";

/** https://onnx.ai/onnx/operators/onnx__ReduceMin.html */
export const reduceMin = reductionCodec<"reduce_min">("ReduceMin");
