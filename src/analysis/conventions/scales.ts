import type { Scale, Unit } from "./convention.js";

const PLAIN: Unit = { symbol: "", divisor: 1, divisorText: "1" };

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
