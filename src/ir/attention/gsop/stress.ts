import type { OpOf } from "../../graph.js";
import { relu } from "../../ops/relu.js";
import { gateLayer, gatePower, hiddenLayer, type Stress, sizesOf, stressNorm } from "../../stress/layers.js";
import { applied, type Moments, perChannel, scaled, variation } from "../../stress/moments.js";
import { outputsOf, UNIT } from "../stress/parts.js";
import { GSOP_OPERANDS } from "./module.js";

export function stressGsop({ operands, attributes: { stride } }: OpOf<"attention.gsop">, x: Moments): Stress {
  const { channels, places } = sizesOf(operands[0]);
  const squeezed = outputsOf(operands[1]);
  const reduce = hiddenLayer(channels, applied(relu.apply, x));
  const norm = stressNorm(UNIT);
  const y = applied(relu.apply, norm.result);
  // A row has one variance among covariances, which are smaller the more independent numbers there are.
  const variance = variation(y) ** 2;
  const independent = Math.min(channels, squeezed, Math.ceil(places / stride ** 2));
  const matrix = perChannel(variance ** 2 * (1 / squeezed + 1 / independent));
  const rowNorm = stressNorm({ ...matrix, steady: 0 });
  const rows = hiddenLayer(squeezed, rowNorm.result);
  const expand = gateLayer(outputsOf(operands[GSOP_OPERANDS.rows]), rows.result);
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
