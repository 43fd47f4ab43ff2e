import { reductionCodec } from "./reduction.js";

/** https://onnx.ai/onnx/operators/onnx__ReduceMean.html */
export const reduceMean = reductionCodec<"reduce_mean">("ReduceMean");
