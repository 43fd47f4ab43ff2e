import type { ActivationName } from "../../../ir/activations.js";
import type { Value } from "../../../ir/graph.js";
import { type Distribution, normal } from "../distribution.js";
import { gatePower, stressGateNorm, unitGain } from "../layers.js";
import { type Moments, maximum, scaled } from "../moments.js";
import { UNIT } from "./parts.js";

/** A gate from the maxima over `channels` channels: what it makes of x, its convolution and its normalisation. */
export function stressSpatialGate(
  x: Moments,
  { channels, weight, gate }: { channels: number; weight: Value | undefined; gate: ActivationName },
): {
  readonly result: Moments;
  readonly conv: Distribution;
  readonly norm: readonly Distribution[];
} {
  const maxima = maximum({ ...x, steady: 0 }, channels);
  const [, , kernel = 1] = (weight?.type.dims ?? []) as readonly number[];
  const norm = stressGateNorm(UNIT);
  return {
    result: scaled(x, gatePower(gate, norm.result)),
    conv: normal(unitGain(kernel ** 2, maxima)),
    norm: norm.parameters,
  };
}
