import { defineTrainingOnly } from "./training-only.js";

export const dropout = defineTrainingOnly({
  name: "dropout",
  level: "primitive",
  precision: "half",
  doc: "training: zeroes single activations with probability rate; inference: x",
  source: "Srivastava et al., Dropout (JMLR 2014); https://onnx.ai/onnx/operators/onnx__Dropout.html",
});
