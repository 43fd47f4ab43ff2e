import { count } from "../../base/numbers.js";
import type { Scale } from "./convention.js";

/** A number as its source would print it, and how it came to look so. */
export interface PrintedNumber {
  readonly exact: number;
  /** `24.37 M` */
  readonly printed: string;
  /** What the exact value was divided by: `2^20`. */
  readonly unit: string;
  readonly rounding: "nearest" | "up";
}

/** Prints an exact value by a convention, to its usual number of digits or another. */
export function printNumber(exact: number, scale: Scale, decimals = scale.decimals): PrintedNumber {
  const { rounding } = scale;
  const { symbol, divisor, divisorText } = scale.unitOf(exact);
  const digits = 10 ** decimals;
  const scaled = (exact * digits) / divisor;
  const rounded = rounding === "up" ? Math.ceil(scaled) : Math.round(scaled);
  const [whole = "", rest] = (rounded / digits).toFixed(decimals).split(".");
  const number = rest === undefined ? count(Number(whole)) : `${count(Number(whole))}.${rest}`;
  return { exact, printed: symbol === "" ? number : `${number} ${symbol}`, unit: divisorText, rounding };
}
