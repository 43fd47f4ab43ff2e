import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { gateLayer, hiddenLayer, type Stress, sizesOf } from "../../stress/layers.js";
import { type Moments, pooled, sum } from "../../stress/moments.js";
import { attendedPositions, outputsOf } from "../stress/parts.js";

export function stressA2(op: OpOf<"attention.a2">, x: Moments): Stress {
  const { x: map, features } = operandsOf(op);
  const { channels, positions } = sizesOf(map);
  const squeezed = outputsOf(features);
  const values = hiddenLayer(channels, x);
  // Scores that spread like what goes into a gate; of what they weigh, few positions and few of M are left.
  const scores = gateLayer(channels, x);
  const y = pooled(
    pooled({ power: 1, steady: x.steady / x.power }, attendedPositions(positions)),
    attendedPositions(squeezed),
  );
  const out = hiddenLayer(squeezed, y);
  return {
    result: sum(x, out.result),
    parameters: [undefined, ...[values, scores, scores, out].flatMap(({ weight, bias }) => [weight, bias])],
  };
}
