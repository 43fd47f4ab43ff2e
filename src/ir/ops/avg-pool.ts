import { definePool } from "./window.js";

export const avgPool = definePool({
  name: "avg_pool",
  doc: "y[n,c,p] = mean of x[n,c,·] over the pixels of window p, padding not counted",
  source: "https://onnx.ai/onnx/operators/onnx__AveragePool.html (count_include_pad 0)",
  // A window holds few places, so the sum stays near the mean.
  precision: "half",
  reduce: (pixels) => pixels.reduce((sum, each) => sum + each, 0) / pixels.length,
});
