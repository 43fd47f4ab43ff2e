import { activations } from "../../activations.js";
import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { gateLayer, gatePower, hiddenLayer, type Stress, sizesOf, stressNorm } from "../../stress/layers.js";
import { applied, type Moments, pooled, scaled } from "../../stress/moments.js";
import { outputsOf, UNIT } from "../stress/parts.js";

export function stressCoord(op: OpOf<"attention.coord">, x: Moments): Stress {
  const { x: map, reduce } = operandsOf(op);
  const { hidden, gate } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const first = hiddenLayer(channels, pooled(x, Math.sqrt(positions)));
  const norm = stressNorm(UNIT);
  const second = gateLayer(outputsOf(reduce), applied(activations[hidden].apply, norm.result));
  return {
    result: scaled(x, gatePower(gate, second.result) ** 2),
    parameters: [undefined, first.weight, ...norm.parameters, second.weight, second.weight],
  };
}
