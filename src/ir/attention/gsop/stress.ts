import { activations } from "../../activations.js";
import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { gateLayer, gatePower, hiddenLayer, type Stress, sizesOf, stressNorm } from "../../stress/layers.js";
import { applied, type Moments, perChannel, scaled, variation } from "../../stress/moments.js";
import { outputsOf, UNIT } from "../stress/parts.js";

export function stressGsop(op: OpOf<"attention.gsop">, x: Moments): Stress {
  const operands = operandsOf(op);
  const { stride } = op.attributes;
  const { channels, positions } = sizesOf(operands.x);
  const squeezed = outputsOf(operands.reduce);
  const reduce = hiddenLayer(channels, applied(activations.relu.apply, x));
  const norm = stressNorm(UNIT);
  const y = applied(activations.relu.apply, norm.result);
  // A row has one variance among covariances, which are smaller the more independent numbers there are.
  const variance = variation(y) ** 2;
  const independent = Math.min(channels, squeezed, Math.ceil(positions / stride ** 2));
  const matrix = perChannel(variance ** 2 * (1 / squeezed + 1 / independent));
  const rowNorm = stressNorm({ ...matrix, steady: 0 });
  const rows = hiddenLayer(squeezed, rowNorm.result);
  const expand = gateLayer(outputsOf(operands.rows), rows.result);
  return {
    result: scaled(x, gatePower("sigmoid", expand.result)),
    parameters: [
      undefined,
      reduce.weight,
      reduce.bias,
      ...norm.parameters,
      ...rowNorm.parameters,
      rows.weight,
      rows.bias,
      expand.weight,
      expand.bias,
    ],
  };
}
