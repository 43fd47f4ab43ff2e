import { defineVariadic } from "./variadic.js";

export const sum = defineVariadic({
  name: "sum",
  doc: "the sum of the operands, element by element",
  source: "https://onnx.ai/onnx/operators/onnx__Sum.html",
  precision: "half",
  apply: (a, b) => a + b,
});
