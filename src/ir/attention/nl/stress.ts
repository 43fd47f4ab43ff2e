import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { normal } from "../../stress/distribution.js";
import { GATE_INPUT, OFFSET, type Stress, sizesOf, stressNorm, unitGain } from "../../stress/layers.js";
import { type Moments, perChannel, pooled, scaled, sum } from "../../stress/moments.js";
import { attendedPositions, outputsOf, UNIT } from "../stress/parts.js";

export function stressNl(op: OpOf<"attention.nl">, x: Moments): Stress {
  const { x: map, theta } = operandsOf(op);
  const { pairwise, scale } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const squeezed = outputsOf(theta);
  // θ and φ so large that their scaled products spread like what goes into a gate.
  const compared = Math.sqrt(GATE_INPUT / (Math.sqrt(squeezed) * scale));
  const values = perChannel(1);
  const y =
    pairwise === "dot-product"
      ? scaled(values, GATE_INPUT ** 2 / positions)
      : pooled({ power: 1, steady: x.steady / x.power }, attendedPositions(positions));
  const norm = stressNorm(UNIT);
  return {
    result: sum(x, norm.result),
    parameters: [
      undefined,
      normal(compared * unitGain(channels, x)),
      normal(OFFSET * compared),
      normal(compared * unitGain(channels, x)),
      normal(OFFSET * compared),
      normal(unitGain(channels, x)),
      normal(OFFSET),
      normal(unitGain(squeezed, y)),
      normal(OFFSET),
      ...norm.parameters,
    ],
  };
}
