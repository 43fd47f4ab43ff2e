import { productOf } from "../sizes.js";
import { defineReduction, PRODUCT } from "./reduction.js";

export const reduceProd = defineReduction({
  name: "reduce_prod",
  doc: "the product over some axes",
  source: "https://onnx.ai/onnx/operators/onnx__ReduceProd.html",
  precision: { float32: "a product of many numbers overflows or vanishes" },
  reduction: PRODUCT,
  ofSizes: productOf,
});
