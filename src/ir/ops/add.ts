import { plus } from "../sizes.js";
import { defineBinary } from "./binary.js";

export const add = defineBinary({
  name: "add",
  doc: "a + b",
  source: "https://onnx.ai/onnx/operators/onnx__Add.html",
  precision: "half",
  apply: (a, b) => a + b,
  ofSizes: plus,
});
