import { times } from "../sizes.js";
import { defineBinary } from "./binary.js";

export const mul = defineBinary({
  name: "mul",
  doc: "a · b",
  source: "https://onnx.ai/onnx/operators/onnx__Mul.html",
  precision: "half",
  apply: (a, b) => a * b,
  ofSizes: times,
});
