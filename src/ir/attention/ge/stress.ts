import { activations } from "../../activations.js";
import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { type Distribution, normal } from "../../stress/distribution.js";
import { excitation, gatePower, type Stress, sizesOf, stressNorm, unitGain } from "../../stress/layers.js";
import { applied, type Moments, pooled, scaled } from "../../stress/moments.js";
import { outputsOf, UNIT } from "../stress/parts.js";
import { gatherConvs } from "./module.js";

export function stressGe(op: OpOf<"attention.ge">, x: Moments): Stress {
  const {
    x: map,
    parameters: [reduce],
  } = operandsOf(op);
  const { extent, mlp, parameters, hidden, gate } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const window = extent === 0 ? positions : Math.min(positions, (2 * extent - 1) ** 2);
  const convs: (Distribution | undefined)[] = [];
  let gathered = parameters ? x : pooled(x, window);
  for (let i = 0; parameters && i < gatherConvs(extent); i++) {
    const before = i === 0 ? gathered : applied(activations[hidden].apply, gathered);
    const norm = stressNorm(UNIT);
    convs.push(normal(unitGain(extent === 0 ? positions : 9, before)), ...norm.parameters);
    gathered = norm.result;
  }
  if (!mlp) return { result: scaled(x, gatePower(gate, gathered)), parameters: [undefined, ...convs] };
  const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden }, gathered);
  return {
    result: scaled(x, gatePower(gate, layers.expand.result)),
    parameters: [
      undefined,
      layers.reduce.weight,
      layers.reduce.bias,
      layers.expand.weight,
      layers.expand.bias,
      ...convs,
    ],
  };
}
