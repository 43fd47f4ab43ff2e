import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { bottleneck, halfSum } from "../lowering/parts.js";
import { spatialScores } from "../lowering/spatial-gate.js";

/**
 *     x ┬ global_avg_pool ─ MLP ┐                       x' ┬ reduce_mean ┐
 *       ├ global_max_pool ─ MLP ┴ add ─ gate ┐              ├ reduce_max  ┴ concat ─ conv k×k ─ batch_norm ─ gate ┐
 *       └─────────────────────────────────── mul ─ x'       └──────────────────────────────────────────────────── mul
 *
 * With averaged pooling, half the sum of the two poolings goes through one MLP, and into the convolution.
 */
export function lowerCbam(op: OpOf<"attention.cbam">, context: RewriteContext): Value {
  const { x, reduce, expand, spatial, norm, reduceBias, expandBias } = operandsOf(op);
  const { pooling, hidden, gate, epsilon } = op.attributes;
  const layers = { reduce, reduceBias, hidden, expand, expandBias };

  const mean = context.op("global_avg_pool", [x], {}, "channel/mean");
  const max = context.op("global_max_pool", [x], {}, "channel/max");
  const scores =
    pooling === "separate"
      ? context.op(
          "add",
          [
            bottleneck(context, mean, layers, "channel/mean_"),
            bottleneck(context, max, layers, "channel/max_"),
          ],
          {},
          "channel/add",
        )
      : bottleneck(context, halfSum(context, mean, max, "channel/pool"), layers, "channel/");
  const scaled = context.op("mul", [x, context.op(gate, [scores], {}, "channel/gate")], {}, "channel/scale");

  const spatialGate = { weight: spatial, norm, pooling, epsilon };
  const normed = spatialScores(context, scaled, spatialGate, "spatial/");
  return context.op("mul", [scaled, context.op(gate, [normed], {}, "spatial/gate")], {});
}
