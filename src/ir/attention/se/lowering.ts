import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { bottleneck, gated, squeezed } from "../lowering/parts.js";

const POOLS = { average: "global_avg_pool", max: "global_max_pool" } as const;

/**
 *     x ─ global pool ─ conv 1×1 [─ batch_norm] ─ hidden ─ conv 1×1 ─ gate ─┐
 *     └──────────────────────────────────────────────────────────────────── mul
 *
 * Without a squeeze there is no pool, and the convolutions run over the whole map.
 */
export function lowerSe(op: OpOf<"attention.se">, context: RewriteContext): Value {
  const { x, ...layers } = operandsOf(op);
  const { squeeze, hidden, gate, epsilon } = op.attributes;
  const means = squeeze === "none" ? x : squeezed(context, x, POOLS[squeeze]);
  const scores = bottleneck(context, means, { ...layers, hidden, epsilon });
  return gated(context, x, context.op(gate, [scores], {}, "gate"));
}
