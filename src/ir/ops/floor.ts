import { defineUnary } from "./unary.js";

export const floor = defineUnary({
  name: "floor",
  level: "primitive",
  precision: "half",
  doc: "the next whole number that is not larger",
  source: "https://onnx.ai/onnx/operators/onnx__Floor.html",
  apply: Math.floor,
});
