import { defineGlobalPool } from "./global-pool.js";
import { MEAN } from "./reduction.js";

export const globalAvgPool = defineGlobalPool({
  name: "global_avg_pool",
  doc: "[N, C, H, W] to [N, C, 1, 1]: the mean over H and W",
  source: "https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html",
  reduction: MEAN,
});
