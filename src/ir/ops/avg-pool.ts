import * as z from "zod";
import { definePool, poolAttributes } from "./window.js";

export const avgPool = definePool({
  name: "avg_pool",
  doc: "y[n,c,p] = mean of x[n,c,·] over the pixels of window p; with countPadding over all of its places",
  source: "https://onnx.ai/onnx/operators/onnx__AveragePool.html",
  // A window holds few places, so the sum stays near the mean.
  precision: "half",
  attributes: poolAttributes.extend({
    /** Whether the padding counts as zeros: ONNX's count_include_pad. */
    countPadding: z.boolean().default(false),
  }),
  reduce(pixels, { kernel, countPadding }) {
    const places = countPadding ? kernel[0] * kernel[1] : pixels.length;
    return pixels.reduce((sum, each) => sum + each, 0) / places;
  },
});
