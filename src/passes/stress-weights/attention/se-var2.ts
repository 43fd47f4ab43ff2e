import type { OpOf } from "../../../ir/graph.js";
import { gateLayer, gatePower, type Stress, sizesOf } from "../layers.js";
import { type Moments, pooled, scaled } from "../moments.js";

export function stressSeVar2({ operands: [map] }: OpOf<"attention.se-var2">, x: Moments): Stress {
  const { weight, result } = gateLayer(1, pooled(x, sizesOf(map).places));
  return { result: scaled(x, gatePower("sigmoid", result)), parameters: [undefined, weight] };
}
