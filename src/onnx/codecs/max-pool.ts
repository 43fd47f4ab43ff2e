import { poolCodec } from "./pool.js";

/** https://onnx.ai/onnx/operators/onnx__MaxPool.html */
export const maxPool = poolCodec<"max_pool">("MaxPool", {
  encode: () => ({}),
  decode(node) {
    node.expectInt("storage_order", 0, 0);
    return {};
  },
});
