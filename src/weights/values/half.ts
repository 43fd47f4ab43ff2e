import { LARGEST_FLOAT16, roundToFloat16, toFloat16Bits } from "../../base/float16.js";

/**
 * What rounding to float16 did to the numbers of a model. Numbers beyond ±65,504 become that, as infinity would
 * make every output infinite; those below 3e-8 become zero, as rounding says.
 */
export interface HalfRounding {
  /** All numbers that were rounded. */
  numbers: number;
  /** Those that were too large, and the tensors that hold them. */
  saturated: number;
  readonly saturatedIn: Set<string>;
  /** The largest size of those; 0 where there is none. */
  largest: number;
  /** Those that were too small, and not zero before, and the tensors that hold them. */
  zeroed: number;
  readonly zeroedIn: Set<string>;
}

export function startHalfRounding(): HalfRounding {
  return { numbers: 0, saturated: 0, saturatedIn: new Set(), largest: 0, zeroed: 0, zeroedIn: new Set() };
}

/** The nearest finite float16; infinity and NaN stay what they are. */
export function nearestHalf(value: number): number {
  return roundToFloat16(saturate(value));
}

/** The bits of the nearest finite float16 of each number, counted in `rounding` as numbers of the tensor `name`. */
export function encodeHalf(values: ArrayLike<number>, rounding?: HalfRounding, name = ""): Uint16Array {
  const bits = new Uint16Array(values.length);
  let [saturated, zeroed, largest] = [0, 0, 0];
  for (let i = 0; i < bits.length; i++) {
    const value = values[i] as number;
    const half = toFloat16Bits(saturate(value));
    bits[i] = half;
    if (isTooLarge(value)) {
      saturated++;
      largest = Math.max(largest, Math.abs(value));
    }
    if (value !== 0 && (half & 0x7fff) === 0) zeroed++;
  }
  if (rounding !== undefined) {
    rounding.numbers += bits.length;
    rounding.saturated += saturated;
    rounding.zeroed += zeroed;
    rounding.largest = Math.max(rounding.largest, largest);
    if (saturated > 0) rounding.saturatedIn.add(name);
    if (zeroed > 0) rounding.zeroedIn.add(name);
  }
  return bits;
}

function isTooLarge(value: number): boolean {
  return Math.abs(value) > LARGEST_FLOAT16 && Number.isFinite(value);
}

function saturate(value: number): number {
  return isTooLarge(value) ? Math.sign(value) * LARGEST_FLOAT16 : value;
}
