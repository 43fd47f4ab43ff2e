import { activations } from "../../activations.js";
import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { gateLayer, gatePower, hiddenLayer, type Stress, sizesOf } from "../../stress/layers.js";
import { applied, type Moments, pooled, scaled } from "../../stress/moments.js";
import { outputsOf } from "../stress/parts.js";

export function stressEcam(op: OpOf<"attention.ecam">, x: Moments): Stress {
  const { x: map, enter } = operandsOf(op);
  const { kernel, hidden } = op.attributes;
  const first = hiddenLayer(1, pooled(x, sizesOf(map).positions));
  const between = applied(activations[hidden].apply, first.result);
  const second = gateLayer(outputsOf(enter) * kernel, between);
  return {
    result: scaled(x, gatePower("sigmoid", second.result)),
    parameters: [undefined, first.weight, first.bias, second.weight, second.bias],
  };
}
