import { activations } from "../../activations.js";
import type { OpOf } from "../../graph.js";
import { type Stress, sizesOf } from "../../stress/layers.js";
import { type Moments, pooled, scaled } from "../../stress/moments.js";

export function stressSeVar1({ operands: [map] }: OpOf<"attention.se-var1">, x: Moments): Stress {
  // The gate is no independent factor: channels of large means hold most of the power, and it lets them pass.
  const { power } = pooled(x, sizesOf(map).places);
  return { result: scaled(x, activations.sigmoid.apply(2 * Math.sqrt(power)) ** 2) };
}
