import { definePool, poolAttributes } from "./window.js";

export const maxPool = definePool({
  name: "max_pool",
  doc: "y[n,c,p] = max of x[n,c,·] over the pixels of window p",
  source: "https://onnx.ai/onnx/operators/onnx__MaxPool.html",
  attributes: poolAttributes,
  precision: "half",
  reduce: (pixels) => pixels.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY),
});
