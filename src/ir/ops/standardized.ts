import { type Numbers, zeros } from "../tensor.js";

/** Rows of that length, each less its mean and over the root of its variance plus ε: of mean 0 and variance 1. */
export function standardized(data: Numbers, length: number, epsilon: number): Numbers {
  const { data: result } = zeros([data.length], { data });
  for (let start = 0; start < data.length; start += length) {
    const row = data.subarray(start, start + length);
    const mean = row.reduce((sum, x) => sum + x, 0) / length;
    const variance = row.reduce((sum, x) => sum + (x - mean) ** 2, 0) / length;
    const deviation = Math.sqrt(variance + epsilon);
    result.set(
      row.map((x) => (x - mean) / deviation),
      start,
    );
  }
  return result;
}
