import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { alongChannelRow } from "../lowering/channel-row.js";
import { convolution, reshapedParameter } from "../lowering/parts.js";
import type { LoweringOptions } from "../lowering/strategy.js";

/**
 *     x ─ global_avg_pool ─ to a row of channels ─ conv 1×1 ─ hidden ─ conv 1×k ─ sigmoid ─ back ─┐
 *     └────────────────────────────────────────────────────────────────────────────────────────── mul
 */
export function lowerEcam(
  op: OpOf<"attention.ecam">,
  context: RewriteContext,
  options: LoweringOptions,
): Value {
  const { x, enter, enterBias, leave, leaveBias } = operandsOf(op);
  const { kernel, hidden } = op.attributes;
  const maps = Number(enter.type.dims[0]);
  const each = (kernel - 1) / 2;
  const pooled = context.op("global_avg_pool", [x], {}, "pool");
  const gate = alongChannelRow(context, pooled, options, (row) => {
    const first = reshapedParameter(context, enter, [maps, 1, 1, 1], "enter_weight");
    const wide = context.op(hidden, [convolution(context, row, first, enterBias, "widen")], {}, "hidden");
    const taps = reshapedParameter(context, leave, [1, maps, 1, kernel], "leave_weight");
    const mixed = convolution(context, wide, taps, leaveBias, "conv", { pads: [0, each, 0, each] });
    return context.op("sigmoid", [mixed], {}, "gate");
  });
  return context.op("mul", [x, gate], {});
}
