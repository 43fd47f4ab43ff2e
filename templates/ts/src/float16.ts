// IEEE 754 binary16: one sign bit, five of the exponent (bias 15), ten of the fraction. Files hold millions of
// such numbers, so nothing here is a power or a logarithm: the exponent is read off the float64.
const FRACTION_BITS = 10;
const SMALLEST_EXPONENT = -14;
/** The largest finite number; what would be the next is 65536. */
export const LARGEST_FLOAT16 = 65504;
/** The smallest number that has all of its digits. */
export const SMALLEST_NORMAL_FLOAT16 = 2 ** SMALLEST_EXPONENT;
/** Half-way between those two: from here on infinity. */
const OVERFLOW = 65520;
const INFINITY_BITS = 0x7c00;
const NAN_BITS = 0x7e00;
const SIGN_BIT = 0x8000;

/** IEEE 754 binary64: 52 bits of fraction, of which 20 share a word with the exponent (bias 1023). */
const FRACTION_BITS_64 = 52;
const HIGH_FRACTION_BITS = 20;
const BIAS_64 = 1023;
const float64 = new Float64Array(1);
const words = new Uint32Array(float64.buffer);
/** The word of `words` that holds sign and exponent: the second on little-endian machines. */
const HIGH = 1;

/** The bits of the nearest float16, ties to even. */
export function toFloat16Bits(value: number): number {
  if (Number.isNaN(value)) return NAN_BITS;
  float64[0] = value;
  const sign = (words[HIGH] as number) >>> 31 === 1 ? SIGN_BIT : 0;
  const size = Math.abs(value);
  if (size >= OVERFLOW) return sign | INFINITY_BITS;
  const exponent = Math.max(exponentOf(size), SMALLEST_EXPONENT);
  // In units of the last digit, plus 2^52: a float64 of that size has no fraction, so the addition rounds.
  const fraction =
    size * powerOfTwo(FRACTION_BITS - exponent) + 2 ** FRACTION_BITS_64 - 2 ** FRACTION_BITS_64;
  // The leading one of a normal number's fraction, and a carry out of its rounding, count up the exponent.
  return sign | (((exponent - SMALLEST_EXPONENT) << FRACTION_BITS) + fraction);
}

export function fromFloat16Bits(bits: number): number {
  const sign = bits & SIGN_BIT ? -1 : 1;
  const exponent = (bits >> FRACTION_BITS) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** (SMALLEST_EXPONENT - FRACTION_BITS);
  return sign * (0x400 + fraction) * powerOfTwo(exponent - 1 + SMALLEST_EXPONENT - FRACTION_BITS);
}

/** The nearest float16 number, ties to even; infinite from 65520 on. */
export function roundToFloat16(value: number): number {
  return fromFloat16Bits(toFloat16Bits(value));
}

/** ⌊log2⌋ of a positive number; below every float16's for zero and what float64 has no leading one for. */
function exponentOf(size: number): number {
  float64[0] = size;
  return ((words[HIGH] as number) >>> HIGH_FRACTION_BITS) - BIAS_64;
}

/** 2^n for exponents of float64. */
function powerOfTwo(n: number): number {
  words[0] = 0;
  words[HIGH] = (n + BIAS_64) << HIGH_FRACTION_BITS;
  return float64[0] as number;
}
