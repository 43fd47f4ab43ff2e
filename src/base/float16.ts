import { roundHalfEven } from "./rounding.js";

// IEEE 754 binary16: one sign bit, five of the exponent (bias 15), ten of the fraction.
const FRACTION_BITS = 10;
const SMALLEST_EXPONENT = -14;
/** Half-way between the largest finite number, 65504, and what would be the next: from here on infinity. */
const OVERFLOW = 65520;
const INFINITY_BITS = 0x7c00;
const NAN_BITS = 0x7e00;

/** The bits of the nearest float16, ties to even. */
export function toFloat16Bits(value: number): number {
  if (Number.isNaN(value)) return NAN_BITS;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= OVERFLOW) return sign | INFINITY_BITS;
  let exponent = Math.max(Math.floor(Math.log2(size)), SMALLEST_EXPONENT);
  // log2 is rounded, so just below a power of two it may give that power's exponent.
  if (size < 2 ** exponent && exponent > SMALLEST_EXPONENT) exponent--;
  const fraction = roundHalfEven(size / 2 ** (exponent - FRACTION_BITS));
  // The leading one of a normal number's fraction, and a carry out of its rounding, count up the exponent.
  return sign | (((exponent - SMALLEST_EXPONENT) << FRACTION_BITS) + fraction);
}

export function fromFloat16Bits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> FRACTION_BITS) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** (SMALLEST_EXPONENT - FRACTION_BITS);
  return sign * (0x400 + fraction) * 2 ** (exponent - 1 + SMALLEST_EXPONENT - FRACTION_BITS);
}
