import { defineUnary } from "./unary.js";

export const silu = defineUnary({
  name: "silu",
  level: "model",
  doc: "x · sigmoid(x)",
  source: "Ramachandran et al., Searching for Activation Functions (2017)",
  apply: (x) => x / (1 + Math.exp(-x)),
  computedFrom: Math.abs,
});
