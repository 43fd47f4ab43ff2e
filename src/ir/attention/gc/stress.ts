import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { normal, uniform } from "../../stress/distribution.js";
import { excitation, GATE_INPUT, gatePower, OFFSET, type Stress, sizesOf } from "../../stress/layers.js";
import { type Moments, pooled, scaled, sum, variation } from "../../stress/moments.js";
import { attendedPositions, outputsOf } from "../stress/parts.js";

export function stressGc(op: OpOf<"attention.gc">, x: Moments): Stress {
  const { x: map, reduce } = operandsOf(op);
  const { fusion, hidden, gate } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const context = pooled(x, attendedPositions(positions));
  const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden }, context);
  const delta = layers.expand.result;
  return {
    result: fusion === "add" ? sum(x, delta) : scaled(x, gatePower(gate, delta)),
    parameters: [
      undefined,
      layers.reduce.weight,
      layers.reduce.bias,
      // The layer normalisation's, which gives numbers around 1 by itself.
      uniform({ low: 0.5, high: 1.5 }),
      normal(OFFSET),
      layers.expand.weight,
      layers.expand.bias,
      // What all positions share cancels in the softmax.
      normal(GATE_INPUT / (Math.sqrt(channels) * Math.max(variation(x), Number.EPSILON))),
      normal(OFFSET),
    ],
  };
}
