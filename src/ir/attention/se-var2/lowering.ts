import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";

/** x · sigmoid(global_avg_pool(x) · weight) */
export function lowerSeVar2(op: OpOf<"attention.se-var2">, context: RewriteContext): Value {
  const { x, weight } = operandsOf(op);
  const pooled = context.op("global_avg_pool", [x], {}, "pool");
  const scaled = context.op("mul", [pooled, weight], {}, "scale");
  return context.op("mul", [x, context.op("sigmoid", [scaled], {}, "gate")], {});
}
