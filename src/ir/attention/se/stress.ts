import { activations } from "../../activations.js";
import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { gateLayer, gatePower, hiddenLayer, type Stress, sizesOf, stressNorm } from "../../stress/layers.js";
import { applied, type Moments, maximum, pooled, scaled } from "../../stress/moments.js";
import { outputsOf } from "../stress/parts.js";

export function stressSe(op: OpOf<"attention.se">, x: Moments): Stress {
  const { x: map, reduce, norm } = operandsOf(op);
  const { squeeze, hidden, gate } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const squeezes = { average: pooled(x, positions), max: maximum(x, positions), none: x };
  const first = hiddenLayer(channels, squeezes[squeeze]);
  const normalized = norm === undefined ? undefined : stressNorm(first.result);
  const between = applied(activations[hidden].apply, (normalized ?? first).result);
  const second = gateLayer(outputsOf(reduce), between);
  return {
    result: scaled(x, gatePower(gate, second.result)),
    parameters: [
      undefined,
      first.weight,
      second.weight,
      ...(normalized?.parameters ?? []),
      first.bias,
      second.bias,
    ],
  };
}
