import { defineGlobalPool } from "./global-pool.js";
import { MEAN } from "./reduction.js";

export const globalAvgPool = defineGlobalPool({
  name: "global_avg_pool",
  doc: "[N, C, H, W] to [N, C, 1, 1]: the mean over H and W",
  source: "https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html",
  precision: { float32: "the sum over a map of 112x112 overflows, or no longer changes by what is added" },
  reduction: MEAN,
});
