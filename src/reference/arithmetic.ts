import type { Tensor } from "../ir/tensor.js";
import type { DType } from "../ir/types.js";

/**
 * What a run computes in. `float64` is exact for all that is compared with it. The others show what rounding does:
 * `float32` keeps every result in float32, and the running sums of convolutions, softmaxes and attention modules; `float16` and `tf32` round each result to 11 bits as well,
 * float16 to no finer steps than its own. None of them overflows where float32 doesn't: where a model computes what in
 * half precision is decided later.
 */
export type Arithmetic = "float64" | "float32" | "tf32" | "float16";

/** A tensor as a run in that arithmetic holds it. Integers are exact in all. */
export function heldIn(arithmetic: Arithmetic, { dims, data }: Tensor, dtype: DType): Tensor {
  if (arithmetic === "float64" || (dtype !== "float32" && dtype !== "float16")) return { dims, data };
  const numbers = data instanceof Float32Array ? data : new Float32Array(data);
  if (arithmetic === "float32") return { dims, data: numbers };
  const least = arithmetic === "float16" ? LEAST_FLOAT16 : 0;
  return {
    dims,
    data: numbers.map((x) => (Math.abs(x) < 1024 * least ? nearestStep(x, least) : to11Bits(x))),
  };
}

const LEAST_FLOAT16 = 2 ** -24;

/** 53 bits less 11, for Veltkamp's splitting. */
const SPLITTER = 2 ** 42 + 1;

function to11Bits(x: number): number {
  const scaled = SPLITTER * x;
  const high = scaled - (scaled - x);
  return Number.isFinite(high) ? high : x;
}

function nearestStep(x: number, step: number): number {
  return step * Math.round(x / step);
}
