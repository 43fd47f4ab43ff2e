import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { gated, squeezed } from "../lowering/parts.js";

/** x · sigmoid(global_avg_pool(x) · weight) */
export function lowerSeVar2(op: OpOf<"attention.se-var2">, context: RewriteContext): Value {
  const { x, weight } = operandsOf(op);
  const scaled = context.op("mul", [squeezed(context, x), weight], {}, "scale");
  return gated(context, x, context.op("sigmoid", [scaled], {}, "gate"));
}
