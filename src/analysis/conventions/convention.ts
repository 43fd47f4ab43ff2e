import { count } from "../../base/numbers.js";
import type { Graph } from "../../ir/graph.js";

/** The conventions that there are. Here is nothing that counts: the help lists them. */
export const CONVENTION_NAMES = ["exact", "senet", "eca", "efficientnet", "mmdet"] as const;

export type ConventionName = (typeof CONVENTION_NAMES)[number];

/** What a printed number is in: `M` may be 10^6 or 2^20, and only the divisor tells. */
export interface NumberUnit {
  /** Behind the number, ` M`; empty for plain counts. */
  readonly symbol: string;
  readonly divisor: number;
  /** The divisor as people write it: `10^6`. */
  readonly divisorText: string;
}

/** How a source prints one kind of number. */
export interface Scale {
  /** The unit that an exact value is printed in. */
  unitOf(value: number): NumberUnit;
  readonly rounding: "nearest" | "up";
  /** Digits behind the point that the source usually prints. */
  readonly decimals: number;
}

/** A network as a convention may look at it. */
export interface CountedNetwork {
  /** With attention gates as ops. */
  readonly model: Graph;
  /** With the gates lowered to the layers that they are made of; made only where a convention counts these. */
  lowered(): Graph;
}

/** How the numbers of one paper or article are counted and printed. */
export interface Convention<N extends string = string> {
  readonly name: N;
  /** Whose numbers are printed so. */
  readonly source: string;
  readonly parameters: Scale & {
    /** What a parameter is, in words. */
    readonly counts: string;
    /** The exact count. */
    count(network: CountedNetwork): number;
  };
  readonly operations: Scale & {
    /** What an operation is, in words. */
    readonly counts: string;
    /** The exact count for one image of the network's input size. */
    count(network: CountedNetwork): number;
  };
}

/** Gives a convention its exact name. */
export function defineConvention<const N extends string>(convention: Convention<N>): Convention<N> {
  return convention;
}

const PLAIN: NumberUnit = { symbol: "", divisor: 1, divisorText: "1" };

/** Every digit. */
export const wholeNumber: Scale = { unitOf: () => PLAIN, rounding: "nearest", decimals: 0 };

/** Always the same power of ten. */
export function powerOfTen(
  exponent: number,
  symbol: string,
  { rounding, decimals }: Pick<Scale, "rounding" | "decimals">,
): Scale {
  const unit = { symbol, divisor: 10 ** exponent, divisorText: `10^${exponent}` };
  return { unitOf: () => unit, rounding, decimals };
}

/** A number as its source would print it, and how it came to look so. */
export interface PrintedNumber {
  readonly exact: number;
  /** `24.37 M` */
  readonly printed: string;
  /** The divisor of the exact value: `2^20`. */
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
