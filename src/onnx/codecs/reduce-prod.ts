import { reductionCodec } from "./reduction.js";

/** https://onnx.ai/onnx/operators/onnx__ReduceProd.html */
export const reduceProd = reductionCodec<"reduce_prod">("ReduceProd");
