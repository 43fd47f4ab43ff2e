import type { Value } from "../../graph.js";
import type { RewriteContext } from "../../rewrite.js";
import type { NormParts } from "../norm.js";
import type { Pooling } from "../spatial-gate.js";
import { batchNormed, convolution, halfSum } from "./parts.js";

/** What a spatial gate is made of. */
export interface SpatialGateParts {
  readonly weight: Value;
  /** Its batch normalisation, where it has one. */
  readonly norm: NormParts<Value> | undefined;
  readonly pooling: Pooling;
  readonly epsilon: number;
}

/**
 *     x ┬ reduce_mean ┐
 *       └ reduce_max  ┴ concat ─ conv k×k ─ batch_norm
 *
 * With averaged pooling, half the sum of the two replaces concat.
 */
export function spatialScores(context: RewriteContext, x: Value, gate: SpatialGateParts, prefix = ""): Value {
  const { weight, norm, pooling, epsilon } = gate;
  const means = context.op("reduce_mean", [x], { axes: [1] }, `${prefix}mean`);
  const maxima = context.op("reduce_max", [x], { axes: [1] }, `${prefix}max`);
  const maps =
    pooling === "separate"
      ? context.op("concat", [means, maxima], { axis: 1 }, `${prefix}concat`)
      : halfSum(context, means, maxima, `${prefix}pool`);
  const pad = (Number(weight.type.dims[2]) - 1) / 2;
  const pads = { pads: [pad, pad, pad, pad] as [number, number, number, number] };
  const scores = convolution(context, maps, weight, undefined, `${prefix}conv`, pads);
  return norm === undefined ? scores : batchNormed(context, scores, norm, epsilon, `${prefix}norm`);
}
