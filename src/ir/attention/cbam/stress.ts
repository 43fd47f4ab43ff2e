import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { excitation, gatePower, type Stress, sizesOf } from "../../stress/layers.js";
import { type Moments, maximum, pooled, scaled, sum } from "../../stress/moments.js";
import { outputsOf } from "../stress/parts.js";
import { stressSpatialGate } from "../stress/spatial-gate.js";

export function stressCbam(op: OpOf<"attention.cbam">, x: Moments): Stress {
  const { x: map, reduce, spatial } = operandsOf(op);
  const { hidden, gate } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const pools = sum(pooled(x, positions), maximum(x, positions));
  const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden }, pools);
  const scaledMap = scaled(x, gatePower(gate, layers.expand.result));
  const second = stressSpatialGate(scaledMap, { channels, weight: spatial, gate });
  return {
    result: second.result,
    parameters: [
      undefined,
      layers.reduce.weight,
      layers.expand.weight,
      second.conv,
      ...second.norm,
      layers.reduce.bias,
      layers.expand.bias,
    ],
  };
}
