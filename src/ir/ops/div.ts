import { defineBinary } from "./binary.js";

export const div = defineBinary({
  name: "div",
  doc: "a / b",
  source: "https://onnx.ai/onnx/operators/onnx__Div.html",
  precision: { float32: "a small divisor, as ε under a root, is zero" },
  apply: (a, b) => a / b,
});
