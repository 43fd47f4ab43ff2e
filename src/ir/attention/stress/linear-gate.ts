import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { gateLayer, gatePower, type Stress, sizesOf } from "../../stress/layers.js";
import { type Moments, pooled, scaled } from "../../stress/moments.js";

/** One linear layer over the means of the channels. */
export function stressLinearGate(
  op: OpOf<"attention.ese" | "attention.se-var3" | "attention.se-gc">,
  x: Moments,
): Stress {
  const { x: map } = operandsOf(op);
  const { channels, positions } = sizesOf(map);
  const layer = gateLayer(channels / op.attributes.group, pooled(x, positions));
  return {
    result: scaled(x, gatePower(op.attributes.gate, layer.result)),
    parameters: [undefined, layer.weight, layer.bias],
  };
}
