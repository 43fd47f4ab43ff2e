import { defineBinary } from "./binary.js";

export const pow = defineBinary({
  name: "pow",
  doc: "a to the power of b",
  source: "https://onnx.ai/onnx/operators/onnx__Pow.html",
  precision: { float32: "squares beyond 255 overflow, and those of small numbers vanish" },
  apply: (a, b) => (a === 1 ? 1 : a ** b),
});
