import { defineVariadic } from "./variadic.js";

export const min = defineVariadic({
  name: "min",
  doc: "the smallest of the operands, element by element",
  source: "https://onnx.ai/onnx/operators/onnx__Min.html",
  precision: "half",
  apply: Math.min,
});
