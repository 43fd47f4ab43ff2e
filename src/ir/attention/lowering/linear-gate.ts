import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { convolution, gated, squeezed } from "./parts.js";

type LinearGate = "attention.ese" | "attention.se-var3" | "attention.se-gc";

/**
 *     x ─ global_avg_pool ─ conv 1×1 ─ gate ─┐
 *     └───────────────────────────────────── mul
 */
export function lowerLinearGate(op: OpOf<LinearGate>, context: RewriteContext): Value {
  const { x, weight, bias } = operandsOf(op);
  const { gate, group } = op.attributes;
  const mixed = convolution(context, squeezed(context, x), weight, bias, "conv", { group });
  return gated(context, x, context.op(gate, [mixed], {}, "gate"));
}
