import { roundToFloat16 } from "./float16.js";

/**
 * The shortest decimal number that the element type rounds to the same value: a file's 0.0010000000474974513 is
 * the 0.001 that someone wrote. Nine digits always suffice.
 */
export function shortestDecimal(value: number, type: string = "float32"): number {
  const round = type === "float16" ? roundToFloat16 : Math.fround;
  const rounded = round(value);
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(rounded.toPrecision(digits));
    if (round(short) === rounded) return short;
  }
  return rounded;
}
