import { defineReduction, SUM } from "./reduction.js";

export const reduceSum = defineReduction({
  name: "reduce_sum",
  doc: "the sum over some axes",
  source: "https://onnx.ai/onnx/operators/onnx__ReduceSum.html",
  precision: { float32: "the sum over a map overflows, or no longer changes by what is added" },
  reduction: SUM,
});
