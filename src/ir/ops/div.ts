import { floorQuotient, isNatural } from "../sizes.js";
import type { Dim } from "../types.js";
import { defineBinary } from "./binary.js";

export const div = defineBinary({
  name: "div",
  doc: "a / b; integers towards zero",
  source: "https://onnx.ai/onnx/operators/onnx__Div.html",
  precision: { float32: "a small divisor, as ε under a root, is zero" },
  apply: (a, b) => a / b,
  ofSizes: quotient,
});

/** Integers are divided towards zero, which is ⌊a / b⌋ where neither is negative. */
function quotient(a: Dim, b: Dim): Dim | undefined {
  if (b === 0) return undefined;
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b);
  return isNatural(a) && isNatural(b) ? floorQuotient(a, b) : undefined;
}
