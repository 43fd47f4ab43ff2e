import type { Value } from "../../graph.js";
import { GATE_INPUT } from "../../stress/layers.js";
import type { Moments } from "../../stress/moments.js";

/**
 * The positions that a softmax over N(0, GATE_INPUT²) leaves to matter, as a share of all: exp(-σ²), the effective
 * sample size of weights that are log-normal.
 */
const ATTENDED_SHARE = Math.exp(-(GATE_INPUT ** 2));

/** What weights of unit gain make of a map: numbers around 1 that vary from position to position. */
export const UNIT: Moments = { power: 1, steady: 0 };

/** How many of the positions a softmax lets matter. */
export function attendedPositions(positions: number): number {
  return Math.max(1, positions * ATTENDED_SHARE);
}

/** Outputs of a layer: the first size of its weight. */
export function outputsOf(weight: Value | undefined): number {
  return Number(weight?.type.dims[0]);
}
