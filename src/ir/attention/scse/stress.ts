import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { excitation, gateLayer, gatePower, type Stress, sizesOf } from "../../stress/layers.js";
import { type Moments, pooled, scaled } from "../../stress/moments.js";
import { outputsOf } from "../stress/parts.js";

export function stressScse(op: OpOf<"attention.scse">, x: Moments): Stress {
  const { x: map, reduce } = operandsOf(op);
  const { channels, positions } = sizesOf(map);
  const layers = excitation({ channels, squeezed: outputsOf(reduce), hidden: "relu" }, pooled(x, positions));
  const spatial = gateLayer(channels, x);
  // Two gates whose mean is 1/2: E[(a + b)²] = E[a²] + E[b²] + 2 · 1/2 · 1/2.
  const both = gatePower("sigmoid", layers.expand.result) + gatePower("sigmoid", spatial.result) + 0.5;
  return {
    result: scaled(x, both),
    parameters: [
      undefined,
      layers.reduce.weight,
      layers.expand.weight,
      spatial.weight,
      layers.reduce.bias,
      layers.expand.bias,
      spatial.bias,
    ],
  };
}
