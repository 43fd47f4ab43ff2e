import { Defect } from "../../../base/diagnostic.js";
import { computedWeight } from "../../computed-weight.js";
import type { Parameter, Value } from "../../graph.js";
import { definitionOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { identityWeight, reshapeWeight, transposeWeight, type WeightExpr } from "../../weight.js";
import { convolution } from "./parts.js";

/**
 *     conv 1×k over a row of C channels  =  conv 1×1 with the weights B[o, i] = taps[i - o + (k - 1) / 2], and 0 outside of the taps
 *
 * for a convolution with zeros around the row. The gate stays a map [N, C, 1, 1]: nothing is moved. B has C² numbers, which are the k taps of the
 * gate. Each row of the identity matrix, convolved with the taps, is a column of B.
 */
export function bandedConvolution(
  context: RewriteContext,
  pooled: Value,
  taps: Parameter,
  name: string,
): Value {
  return convolution(
    context,
    pooled,
    context.parameterOf(taps.name, bandOf(taps, pooled), taps.role),
    undefined,
    name,
  );
}

function bandOf(taps: Parameter, { type }: Value): WeightExpr {
  const channels = Number(type.dims[1]);
  const { dtype } = taps.type;
  const kernel = taps.data.dims.reduce((product, size) => product * size, 1);
  const each = (kernel - 1) / 2;
  const row = reshaped(taps.data, [1, 1, 1, kernel]);
  const identity = reshaped(identityWeight(channels, channels), [channels, 1, 1, channels]);
  const attributes = definitionOf("conv").attributes.parse({ pads: [0, each, 0, each] });
  const operands = [identity, row].map((data) => ({ dtype, data }));
  const columns = reshaped(computedWeight("conv", operands, attributes).data, [channels, channels]);
  return reshaped(transposeWeight(columns), [channels, channels, 1, 1]);
}

function reshaped(weight: WeightExpr, dims: readonly number[]): WeightExpr {
  const made = reshapeWeight(weight, dims);
  if (made === undefined) throw new Defect(`a weight of [${weight.dims}] can't be [${dims}]`);
  return made;
}
