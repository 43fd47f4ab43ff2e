import { activations } from "../../activations.js";
import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { normal } from "../../stress/distribution.js";
import { gateLayer, type Stress, sizesOf, stressNorm, unitGain } from "../../stress/layers.js";
import { applied, type Moments, pooled, scaled } from "../../stress/moments.js";
import { outputsOf, UNIT } from "../stress/parts.js";

export function stressSk(op: OpOf<"attention.sk">, x: Moments): Stress {
  const { x: map, reduce } = operandsOf(op);
  const { paths, hidden } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const fused = scaled(pooled(x, positions), paths);
  const norm = stressNorm(UNIT);
  const scores = gateLayer(outputsOf(reduce), applied(activations[hidden].apply, norm.result));
  return {
    // A softmax over M numbers of such a spread lies between one path alone and the mean of all.
    result: scaled(x, (1 + 1 / paths) / 2),
    parameters: [undefined, normal(unitGain(channels / paths, fused)), ...norm.parameters, scores.weight],
  };
}
