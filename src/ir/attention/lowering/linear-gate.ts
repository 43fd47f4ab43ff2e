import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { convolution } from "./parts.js";

type LinearGate = "attention.ese" | "attention.se-var3" | "attention.se-gc";

/**
 *     x ─ global_avg_pool ─ conv 1×1 ─ gate ─┐
 *     └───────────────────────────────────── mul
 */
export function lowerLinearGate(op: OpOf<LinearGate>, context: RewriteContext): Value {
  const { x, weight, bias } = operandsOf(op);
  const { gate, group } = op.attributes;
  const pooled = context.op("global_avg_pool", [x], {}, "pool");
  const mixed = convolution(context, pooled, weight, bias, "conv", { group });
  return context.op("mul", [x, context.op(gate, [mixed], {}, "gate")], {});
}
