import { activations } from "../../activations.js";
import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import {
  excitation,
  gatePower,
  hiddenLayer,
  type Stress,
  sizesOf,
  stressGateNorm,
  stressNorm,
} from "../../stress/layers.js";
import { applied, type Moments, pooled, scaled, sum } from "../../stress/moments.js";
import { outputsOf } from "../stress/parts.js";

export function stressBam(op: OpOf<"attention.bam">, x: Moments): Stress {
  const { x: map, reduce } = operandsOf(op);
  const { hidden } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const squeezed = outputsOf(reduce);
  const layers = excitation({ channels, squeezed, hidden }, pooled(x, positions));
  const channelNorm = stressNorm(layers.expand.result);
  const enter = hiddenLayer(channels, x);
  const between = applied(activations[hidden].apply, enter.result);
  const wide = hiddenLayer(9 * squeezed, between);
  const leave = hiddenLayer(squeezed, between);
  const spatialNorm = stressGateNorm(leave.result);
  const scores = sum(channelNorm.result, spatialNorm.result);
  return {
    // x + x · gate, the gate's mean 1/2: E[(1 + gate)²] = 1 + 2 · 1/2 + E[gate²].
    result: scaled(x, 2 + gatePower("sigmoid", scores)),
    parameters: [
      undefined,
      ...[layers.reduce, layers.expand].flatMap(({ weight, bias }) => [weight, bias]),
      ...channelNorm.parameters,
      ...[enter, wide, wide, leave].flatMap(({ weight, bias }) => [weight, bias]),
      ...spatialNorm.parameters,
    ],
  };
}
