import { defineReduction, MAXIMUM } from "./reduction.js";

export const reduceMax = defineReduction({
  name: "reduce_max",
  doc: "the maximum over some axes, which stay with the size 1",
  source: "https://onnx.ai/onnx/operators/onnx__ReduceMax.html (keepdims 1)",
  precision: "half",
  reduction: MAXIMUM,
});
