import type { OpOf } from "../../graph.js";
import { type Stress, sizesOf } from "../../stress/layers.js";
import type { Moments } from "../../stress/moments.js";
import { stressSpatialGate } from "../stress/spatial-gate.js";

export function stressSam(
  { operands: [map, weight], attributes: { gate } }: OpOf<"attention.sam">,
  x: Moments,
): Stress {
  const { channels } = sizesOf(map);
  const { result, conv, norm } = stressSpatialGate(x, { channels, weight, gate });
  return { result, parameters: [undefined, conv, ...norm] };
}
