import { activations } from "../../activations.js";
import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { type Stress, sizesOf } from "../../stress/layers.js";
import { type Moments, pooled, scaled } from "../../stress/moments.js";

export function stressSeVar1(op: OpOf<"attention.se-var1">, x: Moments): Stress {
  const { x: map } = operandsOf(op);
  // The gate is no independent factor: channels of large means hold most of the power, and it lets them pass.
  const { power } = pooled(x, sizesOf(map).positions);
  return { result: scaled(x, activations.sigmoid.apply(2 * Math.sqrt(power)) ** 2) };
}
