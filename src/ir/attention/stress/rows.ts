import { gatePower } from "../../stress/layers.js";
import { type Moments, maximum, pooled, sum } from "../../stress/moments.js";
import type { RowGate, RowSqueeze } from "../row-gate.js";

/** What the channels of a map are squeezed to. */
export function squeezedRow(x: Moments, squeeze: RowSqueeze, positions: number): Moments {
  const squeezes = {
    average: () => pooled(x, positions),
    max: () => maximum(x, positions),
    sum: () => sum(pooled(x, positions), maximum(x, positions)),
  };
  return squeezes[squeeze]();
}

/**
 * Mean square of a gate over a row of so many channels. A softmax over normal scores has weights that are log-normal: of N(0, σ²) their
 * mean square is exp(σ²) / C², and never over 1 / C, where one channel has all.
 */
export function rowGatePower(gate: RowGate, scores: Moments, channels: number): number {
  if (gate !== "softmax") return gatePower(gate, scores);
  return Math.min(Math.exp(scores.power) / channels ** 2, 1 / channels);
}
