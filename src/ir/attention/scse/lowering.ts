import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { bottleneck, convolution } from "../lowering/parts.js";

/**
 *     x ┬ global_avg_pool ─ conv ─ relu ─ conv ─ sigmoid ─ mul x ┐
 *       └ conv 1×1 ─ sigmoid ─ mul x ─────────────────────────── add
 */
export function lowerScse(op: OpOf<"attention.scse">, context: RewriteContext): Value {
  const { x, reduce, expand, spatial, reduceBias, expandBias, spatialBias } = operandsOf(op);
  const gated = (scores: Value, name: string): Value =>
    context.op("mul", [x, context.op("sigmoid", [scores], {}, `${name}/gate`)], {}, `${name}/scale`);
  const pooled = context.op("global_avg_pool", [x], {}, "channel/pool");
  const layers = { reduce, reduceBias, hidden: "relu", expand, expandBias } as const;
  const byChannel = gated(bottleneck(context, pooled, layers, "channel/"), "channel");
  const byPosition = gated(convolution(context, x, spatial, spatialBias, "spatial/conv"), "spatial");
  return context.op("add", [byChannel, byPosition], {});
}
