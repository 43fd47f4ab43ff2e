import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { type Stress, sizesOf } from "../../stress/layers.js";
import type { Moments } from "../../stress/moments.js";
import { stressSpatialGate } from "../stress/spatial-gate.js";

export function stressSam(op: OpOf<"attention.sam">, x: Moments): Stress {
  const { x: map, spatial: weight } = operandsOf(op);
  const { gate } = op.attributes;
  const { channels } = sizesOf(map);
  const { result, conv, norm } = stressSpatialGate(x, { channels, weight, gate });
  return { result, parameters: [undefined, conv, ...norm] };
}
