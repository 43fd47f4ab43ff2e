import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import { sha256Bytes } from "./sha256.js";

/**
 * A stream of random numbers that depends on the seed and the name alone: adding, removing or reordering
 * other streams changes no number of this one. The generator is xoroshiro128+ (Blackman and Vigna, 2018).
 * Filling an array takes the same numbers as taking them one by one.
 */
export interface RandomStream {
  /** The next number of U[low, high), float64. */
  uniform(low: number, high: number): number;
  /** The next number of N(0, 1), float64. */
  normal(): number;
  /** Fills the array with the next numbers of U[low, high). */
  fillUniform(target: Float64Array, low: number, high: number): void;
  /** Fills the array with the next numbers of N(0, deviation²). */
  fillNormal(target: Float64Array, deviation: number): void;
}

/** The next 32 random bits, as a signed integer. */
interface BitSource {
  next(): number;
}

export function randomStream(seed: number, name: string): RandomStream {
  const digest = sha256Bytes(`${seed}\0${name}`);
  const words = new DataView(digest.buffer, digest.byteOffset);
  const bits = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => words.getInt32(at, true)));
  return {
    uniform: (low, high) => low + (high - low) * unit(bits),
    normal: () => normal(bits),
    fillUniform(target, low, high) {
      const width = high - low;
      for (let i = 0; i < target.length; i++) target[i] = low + width * unit(bits);
    },
    fillNormal(target, deviation) {
      for (let i = 0; i < target.length; i++) target[i] = deviation * normal(bits);
    },
  };
}

/** A uniform number of [0, 1) with 53 random bits. */
function unit(bits: BitSource): number {
  return ((bits.next() >>> 5) * 0x4000000 + (bits.next() >>> 6)) / 0x20000000000000;
}

// The ziggurat method: the area under exp(-x²/2) is cut into 128 layers of equal area, and a point in
// most layers needs one table look-up. Marsaglia and Tsang, "The Ziggurat Method for Generating Random
// Variables", Journal of Statistical Software 5(8), 2000, with a step in the layer whose bits don't choose
// the layer too (Doornik, "An Improved Ziggurat Method to Generate Normal Random Samples", 2005).
const LAYERS = 128;
const TAIL = 3.442619855899;
const LAYER_AREA = 9.91256303526217e-3;
/** Steps in the half of a layer: one draw of 32 bits is 7 for the layer, one for the sign, 24 for the step. */
const STEPS_IN_HALF = 0x1000000;
const { edges, heights } = zigguratTables();
/** The width of one step in each layer. */
const widths = edges.map((edge) => edge / STEPS_IN_HALF);
/** The steps of each layer that lie under the curve as a whole, because the layer above covers them too. */
const safeSteps = Int32Array.from({ length: LAYERS }, (_, layer) =>
  Math.floor(((edges[layer + 1] as number) / (edges[layer] as number)) * STEPS_IN_HALF),
);

function zigguratTables(): { edges: Float64Array; heights: Float64Array } {
  const density = (x: number): number => Math.exp(-0.5 * x * x);
  const edges = new Float64Array(LAYERS + 1);
  edges[0] = LAYER_AREA / density(TAIL);
  edges[1] = TAIL;
  for (let i = 2; i < LAYERS; i++) {
    const outer = edges[i - 1] as number;
    edges[i] = Math.sqrt(-2 * Math.log(LAYER_AREA / outer + density(outer)));
  }
  return { edges, heights: edges.map(density) };
}

/** A number of N(0, 1). 97 of 100 draws end at the first return. */
function normal(bits: BitSource): number {
  for (;;) {
    const draw = bits.next();
    const layer = draw & (LAYERS - 1);
    const step = draw >> 7;
    const x = step * (widths[layer] as number);
    if (Math.abs(step) < (safeSteps[layer] as number)) return x;
    if (layer === 0) return step < 0 ? -tail(bits) : tail(bits);
    const low = heights[layer] as number;
    const high = heights[layer + 1] as number;
    if (low + unit(bits) * (high - low) < Math.exp(-0.5 * x * x)) return x;
  }
}

/** A number of the normal distribution's tail beyond `TAIL` (Marsaglia, 1964). */
function tail(bits: BitSource): number {
  for (;;) {
    const x = -Math.log(1 - unit(bits)) / TAIL;
    const y = -Math.log(1 - unit(bits));
    if (y + y > x * x) return TAIL + x;
  }
}
