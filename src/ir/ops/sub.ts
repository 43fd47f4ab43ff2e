import { minus } from "../sizes.js";
import { defineBinary } from "./binary.js";

export const sub = defineBinary({
  name: "sub",
  doc: "a - b",
  source: "https://onnx.ai/onnx/operators/onnx__Sub.html",
  precision: "half",
  apply: (a, b) => a - b,
  ofSizes: minus,
});
