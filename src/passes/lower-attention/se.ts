import type { OpOf, Value } from "../../ir/graph.js";
import type { RewriteContext } from "../../ir/rewrite.js";

/**
 *     x ─ global_avg_pool ─ conv 1×1 ─ hidden ─ conv 1×1 ─ gate ─┐
 *     └──────────────────────────────────────────────────────── mul
 *
 * On a map of 1×1 the convolutions are the paper's fully connected layers; they need no reshaping.
 */
export function lowerSe(op: OpOf<"attention.se">, context: RewriteContext): Value {
  const [x, reduce, expand, reduceBias, expandBias] = op.operands as readonly [
    Value,
    Value,
    Value,
    Value | undefined,
    Value | undefined,
  ];
  const { hidden, gate } = op.attributes;
  const layer = (input: Value, weight: Value, bias: Value | undefined, name: string): Value =>
    context.op("conv", bias === undefined ? [input, weight] : [input, weight, bias], {}, name);
  const pooled = context.op("global_avg_pool", [x], {}, "pool");
  const squeezed = context.op(hidden, [layer(pooled, reduce, reduceBias, "reduce")], {}, "hidden");
  const scales = context.op(gate, [layer(squeezed, expand, expandBias, "expand")], {}, "gate");
  return context.op("mul", [x, scales], {});
}
