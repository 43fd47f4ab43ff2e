import { int } from "./attribute.js";
import { poolCodec } from "./pool.js";

/** https://onnx.ai/onnx/operators/onnx__AveragePool.html */
export const avgPool = poolCodec<"avg_pool">("AveragePool", {
  encode: ({ countPadding }) => (countPadding ? { count_include_pad: int(1) } : {}),
  decode: (node) => ({ countPadding: node.int("count_include_pad", 0) !== 0 }),
});
