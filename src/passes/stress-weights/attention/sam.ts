import type { OpOf } from "../../../ir/graph.js";
import { type Stress, sizesOf } from "../layers.js";
import type { Moments } from "../moments.js";
import { stressSpatialGate } from "./spatial-gate.js";

export function stressSam(
  { operands: [map, weight], attributes: { gate } }: OpOf<"attention.sam">,
  x: Moments,
): Stress {
  const { channels } = sizesOf(map);
  const { result, conv, norm } = stressSpatialGate(x, { channels, weight, gate });
  return { result, parameters: [undefined, conv, ...norm] };
}
