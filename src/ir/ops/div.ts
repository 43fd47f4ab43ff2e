import { defineBinary } from "./binary.js";

export const div = defineBinary({
  name: "div",
  doc: "a / b",
  source: "https://onnx.ai/onnx/operators/onnx__Div.html",
  apply: (a, b) => a / b,
});
