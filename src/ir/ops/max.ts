import { defineVariadic } from "./variadic.js";

export const max = defineVariadic({
  name: "max",
  doc: "the largest of the operands, element by element",
  source: "https://onnx.ai/onnx/operators/onnx__Max.html",
  precision: "half",
  apply: Math.max,
});
