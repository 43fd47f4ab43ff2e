import { Defect } from "../../../base/diagnostic.js";
import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { alongChannelRow, rowGate } from "../lowering/channel-row.js";
import { convolution, pooledRows, reshapedParameter } from "../lowering/parts.js";
import type { LoweringOptions } from "../lowering/strategy.js";

/**
 *     x ─ global_avg_pool ─ to a row of channels ─ conv 1×k₁ ─ hidden ─ conv 1×k ─ gate ─ back ─┐
 *     └──────────────────────────────────────────────────────────────────────────────────────── mul
 */
export function lowerEcam(
  op: OpOf<"attention.ecam">,
  context: RewriteContext,
  options: LoweringOptions,
): Value {
  const { x, enter, leave, enterBias, leaveBias } = operandsOf(op);
  const { kernel, hidden, squeeze, gate } = op.attributes;
  const [maps, first] = [Number(enter.type.dims[0]), Number(enter.type.dims[2])];
  const padded = (k: number) => ({
    pads: [0, (k - 1) / 2, 0, (k - 1) / 2] as [number, number, number, number],
  });
  const gating = alongChannelRow(context, pooledRows(context, x, squeeze), options, ([row]) => {
    if (row === undefined) throw new Defect("an ECAM gate squeezes to nothing");
    const entering = reshapedParameter(context, enter, [maps, 1, 1, first], "enter_weight");
    const widened = convolution(context, row, entering, enterBias, "widen", padded(first));
    const wide = context.op(hidden, [widened], {}, "hidden");
    const taps = reshapedParameter(context, leave, [1, maps, 1, kernel], "leave_weight");
    return rowGate(context, convolution(context, wide, taps, leaveBias, "conv", padded(kernel)), gate);
  });
  return context.op("mul", [x, gating], {});
}
