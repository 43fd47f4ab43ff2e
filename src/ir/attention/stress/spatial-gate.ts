import { type ActivationName, activations } from "../../activations.js";
import type { Value } from "../../graph.js";
import { type Distribution, uniform } from "../../stress/distribution.js";
import { GATE_SCALE, stressGateNorm, TAPS, unitGain } from "../../stress/layers.js";
import { applied, type Moments, maximum, scaled } from "../../stress/moments.js";
import { UNIT } from "./parts.js";

/**
 * What all taps of the convolution have in common, as a part of their deviation over all of them: it is negative, so that
 * the gate falls where maxima rise. A network of gates that open for large signals grows without end or falls silent,
 * and then no gate of it can be seen.
 */
const COMMON = -2;

/** A gate from the maxima over `channels` channels: what it makes of x, its convolution and its normalisation. */
export function stressSpatialGate(
  x: Moments,
  { channels, weight, gate }: { channels: number; weight: Value | undefined; gate: ActivationName },
): {
  readonly result: Moments;
  readonly conv: Distribution;
  readonly norm: readonly Distribution[];
} {
  const maxima = maximum({ power: x.power, steady: 0 }, channels);
  const [, , kernel = 1] = (weight?.type.dims ?? []) as readonly number[];
  const norm = stressGateNorm(UNIT);
  // The k² taps add up what they have in common, where the rest of them grows with the root only.
  const common = gate === "sigmoid" || gate === "hard_sigmoid" || gate === "hard_sigmoid_0.2" ? COMMON : 0;
  const taps = { low: TAPS.low + common / kernel, high: TAPS.high + common / kernel };
  const score = (common * (GATE_SCALE.low + GATE_SCALE.high)) / 2;
  const gated = applied((value) => activations[gate].apply(value + score), norm.result);
  return {
    result: scaled(x, gated.power),
    conv: uniform(taps, unitGain(kernel ** 2, maxima)),
    norm: norm.parameters,
  };
}
