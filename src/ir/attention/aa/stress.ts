import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { normal } from "../../stress/distribution.js";
import { GATE_INPUT, hiddenLayer, OFFSET, type Stress, sizesOf, unitGain } from "../../stress/layers.js";
import { type Moments, perChannel, pooled, scaled, sum } from "../../stress/moments.js";
import { featureMap } from "../../types.js";
import { attendedPositions, outputsOf } from "../stress/parts.js";
import { augmentedParts } from "./module.js";

export function stressAa(op: OpOf<"attention.aa">, x: Moments): Stress {
  const operands = operandsOf(op);
  const { relative } = op.attributes;
  const { channels, positions } = sizesOf(operands.x);
  const values = outputsOf(operands.out);
  // Of queries and keys with the deviation g, divided by the root of their number, the products spread by g². Those
  // with the embeddings of rows and of columns, of the same deviation, do too.
  const terms = relative ? 3 : 1;
  const gain = (GATE_INPUT ** 2 / terms) ** (1 / 4);
  const attended = pooled(
    { power: gain ** 2, steady: (gain ** 2 * x.steady) / x.power },
    attendedPositions(positions),
  );
  const out = hiddenLayer(values, attended);
  const { weight } = augmentedParts(operands.parameters, relative, values < channels);
  const taps = weight === undefined ? 1 : featureMap(weight.type, "conv")[2] ** 2;
  const layers = [normal(gain * unitGain(channels, x)), normal(OFFSET), out.weight, out.bias];
  const embeddings = relative ? [normal(gain), normal(gain)] : [];
  const conv = [normal(unitGain(taps * channels, x)), normal(OFFSET)];
  return {
    result: sum(scaled(x, 1 / x.power), perChannel(OFFSET ** 2)),
    parameters: [undefined, ...layers, ...embeddings, ...conv],
  };
}
