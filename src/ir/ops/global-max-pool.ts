import { defineGlobalPool } from "./global-pool.js";
import { MAXIMUM } from "./reduction.js";

export const globalMaxPool = defineGlobalPool({
  name: "global_max_pool",
  doc: "[N, C, H, W] to [N, C, 1, 1]: the maximum over H and W",
  source: "https://onnx.ai/onnx/operators/onnx__GlobalMaxPool.html",
  precision: "half",
  reduction: MAXIMUM,
});
