import { defineUnary } from "./unary.js";

/**
 * The error function to about 1e-15: its Maclaurin series where that converges without cancellation that
 * matters, and the continued fraction of erfc beyond (Abramowitz and Stegun, 7.1.6 and 7.1.14).
 */
export function erfOf(x: number): number {
  const size = Math.abs(x);
  if (size > 6) return Math.sign(x);
  const square = x * x;
  const factor = Math.exp(-square) / Math.sqrt(Math.PI);
  if (size < 2.5) {
    let term = 2 * x;
    let sum = term;
    for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
      term *= (2 * square) / (2 * n + 1);
      sum += term;
    }
    return factor * sum;
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / 2 / (size + fraction);
  return Math.sign(x) * (1 - factor / (size + fraction));
}

export const erf = defineUnary({
  name: "erf",
  level: "primitive",
  precision: "half",
  doc: "2/√π · ∫₀ˣ exp(-t²) dt",
  source: "https://onnx.ai/onnx/operators/onnx__Erf.html",
  apply: erfOf,
});
