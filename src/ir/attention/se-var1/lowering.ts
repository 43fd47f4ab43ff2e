import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";

/** x · sigmoid(global_avg_pool(x)) */
export function lowerSeVar1(op: OpOf<"attention.se-var1">, context: RewriteContext): Value {
  const { x } = operandsOf(op);
  const pooled = context.op("global_avg_pool", [x], {}, "pool");
  return context.op("mul", [x, context.op("sigmoid", [pooled], {}, "gate")], {});
}
