import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { alongChannelRow } from "../lowering/channel-row.js";
import { convolution, reshapedParameter } from "../lowering/parts.js";
import type { LoweringOptions } from "../lowering/strategy.js";

/**
 *     x ─ global_avg_pool ─ to a row of channels ─ conv 1×k ─ sigmoid ─ back ─┐
 *     └────────────────────────────────────────────────────────────────────── mul
 *
 * A circular kernel reads the row with its ends joined: [last (k-1)/2, all, first (k-1)/2].
 */
export function lowerEca(
  op: OpOf<"attention.eca">,
  context: RewriteContext,
  options: LoweringOptions,
): Value {
  const { x, weight, bias } = operandsOf(op);
  const { kernel, padding } = op.attributes;
  const each = (kernel - 1) / 2;
  const pooled = context.op("global_avg_pool", [x], {}, "pool");
  const gate = alongChannelRow(context, pooled, options, (row) => {
    const taps = reshapedParameter(context, weight, [1, 1, 1, kernel]);
    const circular = padding === "circular" && each > 0;
    const read = circular ? joinedEnds(row, each, context) : row;
    const pads = circular ? {} : { pads: [0, each, 0, each] as [number, number, number, number] };
    return context.op("sigmoid", [convolution(context, read, taps, bias, "conv", pads)], {}, "gate");
  });
  return context.op("mul", [x, gate], {});
}

function joinedEnds(row: Value, each: number, context: RewriteContext): Value {
  const columns = Number(row.type.dims[3]);
  const part = (start: number, end: number, name: string): Value =>
    context.op("slice", [row], { axis: 3, start, end }, name);
  const ends = [part(columns - each, columns, "last"), row, part(0, each, "first")];
  return context.op("concat", ends, { axis: 3 }, "ring");
}
