import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { gateLayer, gatePower, type Stress, sizesOf } from "../../stress/layers.js";
import { type Moments, pooled, scaled } from "../../stress/moments.js";

export function stressSeVar2(op: OpOf<"attention.se-var2">, x: Moments): Stress {
  const { x: map } = operandsOf(op);
  const { weight, result } = gateLayer(1, pooled(x, sizesOf(map).positions));
  return { result: scaled(x, gatePower("sigmoid", result)), parameters: [undefined, weight] };
}
