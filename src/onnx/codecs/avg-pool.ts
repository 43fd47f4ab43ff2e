import { poolCodec } from "./pool.js";

/** https://onnx.ai/onnx/operators/onnx__AveragePool.html */
export const avgPool = poolCodec<"avg_pool">("AveragePool", ["count_include_pad"]);
