import { defineReduction, MEAN } from "./reduction.js";

export const reduceMean = defineReduction({
  name: "reduce_mean",
  doc: "the mean over some axes, which stay with the size 1",
  source: "https://onnx.ai/onnx/operators/onnx__ReduceMean.html (keepdims 1)",
  precision: { float32: "the sum over an axis overflows, or no longer changes by what is added" },
  reduction: MEAN,
});
