import type { OpOf } from "../../../ir/graph.js";
import { excitation, gatePower, type Stress, sizesOf } from "../layers.js";
import { largest, type Moments, pooled, scaled, sum } from "../moments.js";
import { outputsOf } from "./parts.js";
import { stressSpatialGate } from "./spatial-gate.js";

export function stressCbam(
  { operands: [map, reduce, , spatial], attributes: { hidden, gate } }: OpOf<"attention.cbam">,
  x: Moments,
): Stress {
  const { channels, places } = sizesOf(map);
  const pools = sum(pooled(x, places), largest(x, places));
  const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden }, pools);
  // Maxima have long tails, so the channel gates are near 0 or 1 more often than those of means: at worst at even
  // odds, which is a mean square of 1/2. A network whose power is taken for too small would explode.
  const scaledMap = scaled(x, Math.max(1 / 2, gatePower(gate, layers.expand.result)));
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
