import { erfOf } from "./erf.js";
import { defineUnary } from "./unary.js";

export const gelu = defineUnary({
  name: "gelu",
  level: "model",
  doc: "x/2 · (1 + erf(x / √2))",
  source: "Hendrycks and Gimpel, Gaussian Error Linear Units (2016), the exact form",
  apply: (x) => 0.5 * x * (1 + erfOf(x / Math.SQRT2)),
  computedFrom: Math.abs,
});
