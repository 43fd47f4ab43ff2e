import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { spatialScores } from "../lowering/spatial-gate.js";

/**
 *     x ┬ reduce_mean ┐
 *       ├ reduce_max  ┴ concat ─ conv k×k ─ batch_norm ─ gate ┐
 *       └──────────────────────────────────────────────────── mul
 */
export function lowerSam(op: OpOf<"attention.sam">, context: RewriteContext): Value {
  const { x, spatial: weight, norm } = operandsOf(op);
  const { gate, ...pooling } = op.attributes;
  const scores = spatialScores(context, x, { weight, norm, ...pooling });
  return context.op("mul", [x, context.op(gate, [scores], {}, "gate")], {});
}
