import type { Parameter } from "../../ir/graph.js";
import { elementsOf } from "../../ir/known-elements.js";
import { storedWeight, type WeightExpr } from "../../ir/weight.js";

/** More taps than any rule gives for the channels of a network. */
const MOST_TAPS = 31;

/**
 * The taps [1, 1, 1, k] of a matrix [C, C, 1, 1] that has the same odd number of them around each element of its diagonal, and zeros elsewhere.
 * Undefined for any other.
 */
export function bandTaps({ name, data }: Parameter): WeightExpr | undefined {
  const [channels = 0] = data.dims;
  // One that was made in this run has no numbers yet, but the taps that they follow from.
  if (data.kind === "transpose" && data.of.kind === "computed" && data.of.op === "conv")
    return data.of.operands[1]?.data;
  const matrix = elementsOf(data);
  if (matrix === undefined) return undefined;
  const at = (row: number, column: number): number => matrix[row * channels + column] ?? 0;
  const middle = Math.floor(channels / 2);
  let each = 0;
  for (let column = 0; column < channels; column++)
    if (at(middle, column) !== 0) each = Math.max(each, Math.abs(column - middle));
  if (each === 0 || 2 * each + 1 > Math.min(MOST_TAPS, channels)) return undefined;
  const taps = Float32Array.from({ length: 2 * each + 1 }, (_, i) => at(middle, middle + i - each));
  for (let row = 0; row < channels; row++)
    for (let column = 0; column < channels; column++) {
      const tap = Math.abs(column - row) <= each ? (taps[column - row + each] ?? 0) : 0;
      if (at(row, column) !== tap) return undefined;
    }
  return storedWeight([1, 1, 1, taps.length], `the taps of ${name}`, taps);
}
