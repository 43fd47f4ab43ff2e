import { createHash } from "node:crypto";
import { xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";

/**
 * A stream of random numbers that depends on the seed and the name alone: adding, removing or reordering
 * other streams changes no number of this one. The generator is xoroshiro128+ (Blackman and Vigna, 2018).
 */
export interface RandomStream {
  /** The next number of U[low, high), float64. */
  uniform(low: number, high: number): number;
  /** The next number of N(0, 1), float64. */
  normal(): number;
}

export function randomStream(seed: number, name: string): RandomStream {
  const digest = createHash("sha256").update(`${seed}\0${name}`).digest();
  const generator = xoroshiro128plusFromState([0, 4, 8, 12].map((at) => digest.readInt32LE(at)));
  const next = (): number => generator.next();
  /** A uniform number of [0, 1) with 53 random bits. */
  const unit = (): number => ((next() >>> 5) * 0x4000000 + (next() >>> 6)) / 0x20000000000000;
  return {
    uniform: (low, high) => low + (high - low) * unit(),
    normal: () => normal(next, unit),
  };
}

// The ziggurat method: the area under exp(-x²/2) is cut into 128 layers of equal area, and a point in
// most layers needs one table look-up. Marsaglia and Tsang, "The Ziggurat Method for Generating Random
// Variables", Journal of Statistical Software 5(8), 2000, with the independent layer index of Doornik (2005).
const LAYERS = 128;
const TAIL = 3.442619855899;
const LAYER_AREA = 9.91256303526217e-3;
const { edges, heights } = zigguratTables();

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

function normal(next: () => number, unit: () => number): number {
  for (;;) {
    const bits = next();
    // The lowest seven bits of one draw choose the layer, the highest 24 the place in it, one the sign.
    const layer = bits & (LAYERS - 1);
    const signed = (bits >> 7) / 0x1000000;
    const x = signed * (edges[layer] as number);
    if (Math.abs(x) < (edges[layer + 1] as number)) return x;
    if (layer === 0) return Math.sign(signed) * tail(unit);
    const low = heights[layer] as number;
    const high = heights[layer + 1] as number;
    if (low + unit() * (high - low) < Math.exp(-0.5 * x * x)) return x;
  }
}

/** A number of the normal distribution's tail beyond `TAIL` (Marsaglia, 1964). */
function tail(unit: () => number): number {
  for (;;) {
    const x = -Math.log(1 - unit()) / TAIL;
    const y = -Math.log(1 - unit());
    if (y + y > x * x) return TAIL + x;
  }
}
