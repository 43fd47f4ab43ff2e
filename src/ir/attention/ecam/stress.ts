import { activations } from "../../activations.js";
import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { gateLayer, hiddenLayer, type Stress, sizesOf } from "../../stress/layers.js";
import { applied, type Moments, scaled } from "../../stress/moments.js";
import { outputsOf } from "../stress/parts.js";
import { rowGatePower, squeezedRow } from "../stress/rows.js";

export function stressEcam(op: OpOf<"attention.ecam">, x: Moments): Stress {
  const { x: map, enter } = operandsOf(op);
  const { kernel, hidden, squeeze, gate } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const first = hiddenLayer(Number(enter.type.dims[2]), squeezedRow(x, squeeze, positions));
  const between = applied(activations[hidden].apply, first.result);
  const second = gateLayer(outputsOf(enter) * kernel, between);
  return {
    result: scaled(x, rowGatePower(gate, second.result, channels)),
    parameters: [undefined, first.weight, second.weight, first.bias, second.bias],
  };
}
