import { defineReduction, MINIMUM } from "./reduction.js";

export const reduceMin = defineReduction({
  name: "reduce_min",
  doc: "the minimum over some axes",
  source: "https://onnx.ai/onnx/operators/onnx__ReduceMin.html",
  precision: "half",
  reduction: MINIMUM,
});
