import type { OpOf } from "../../graph.js";
import { gateLayer, gatePower, type Stress, sizesOf } from "../../stress/layers.js";
import { type Moments, pooled, scaled } from "../../stress/moments.js";

export function stressSeVar2({ operands: [map] }: OpOf<"attention.se-var2">, x: Moments): Stress {
  const { weight, result } = gateLayer(1, pooled(x, sizesOf(map).places));
  return { result: scaled(x, gatePower("sigmoid", result)), parameters: [undefined, weight] };
}
