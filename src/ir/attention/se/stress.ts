import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { excitation, gatePower, type Stress, sizesOf } from "../../stress/layers.js";
import { type Moments, maximum, pooled, scaled } from "../../stress/moments.js";
import { outputsOf } from "../stress/parts.js";

export function stressSe(op: OpOf<"attention.se">, x: Moments): Stress {
  const { x: map, reduce } = operandsOf(op);
  const { squeeze, hidden, gate } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const squeezes = { average: pooled(x, positions), max: maximum(x, positions), none: x };
  const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden }, squeezes[squeeze]);
  return {
    result: scaled(x, gatePower(gate, layers.expand.result)),
    parameters: [
      undefined,
      layers.reduce.weight,
      layers.expand.weight,
      layers.reduce.bias,
      layers.expand.bias,
    ],
  };
}
