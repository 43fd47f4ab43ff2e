import type { Numbers } from "../tensor.js";

/** Writes y[i] from x[i] for i = from … to - 1. */
export type Float64Loop = (x: Float64Array, y: Float64Array, from: number, to: number) => void;

/** Numbers that are converted at a time: what a processor holds near. */
const BLOCK = 2 ** 11;
const [operands, results] = [new Float64Array(BLOCK), new Float64Array(BLOCK)];

/**
 * Runs a loop over elements of x and y from `from` to `to` - 1, those of float32 by way of float64: a loop that meets two types of arrays takes
 * two to three times as long.
 */
export function runInFloat64(x: Numbers, y: Numbers, from: number, to: number, loop: Float64Loop): void {
  if (x instanceof Float64Array && y instanceof Float64Array) {
    loop(x, y, from, to);
    return;
  }
  for (let start = from; start < to; start += BLOCK) {
    const length = Math.min(BLOCK, to - start);
    copy(x, start, operands, 0, length);
    loop(operands, results, 0, length);
    copy(results, 0, y, start, length);
  }
}

/** Between arrays of different types a loop takes a part of the time of their own `set`. */
export function copy(from: Numbers, start: number, to: Numbers, at: number, length: number): void {
  if (from instanceof Float64Array && to instanceof Float32Array) {
    for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
  } else if (from instanceof Float32Array && to instanceof Float64Array) {
    for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
  } else {
    to.set(from.subarray(start, start + length), at);
  }
}
