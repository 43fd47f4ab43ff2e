import { Defect } from "../../../base/diagnostic.js";
import type { OpOf, Parameter, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { bandedConvolution } from "../lowering/banded.js";
import { alongChannelRow, rowGate } from "../lowering/channel-row.js";
import { convolution, pooledRows, reshapedParameter } from "../lowering/parts.js";
import { type LoweringOptions, prefersBanded } from "../lowering/strategy.js";
import { ecaParts } from "./module.js";

/**
 *     x ─ global_avg_pool ─ to a row of channels ─ conv 1×k ─ gate ─ back ─┐
 *     └─────────────────────────────────────────────────────────────────── mul
 *
 * or, for few channels on some targets, with a banded matrix in the convolution, which then reads the pooled map as it is.
 * A circular kernel reads the row with its ends joined: [last (k-1)/2, all, first (k-1)/2]. With a squeeze of both the maxima are
 * a row too, and the convolutions of the two are added.
 */
export function lowerEca(
  op: OpOf<"attention.eca">,
  context: RewriteContext,
  options: LoweringOptions,
): Value {
  const { x, weight, more } = operandsOf(op);
  const { kernel, padding, squeeze, ownKernels, gate } = op.attributes;
  const { kernels } = ecaParts(weight, more, ownKernels);
  const each = (kernel - 1) / 2;
  const circular = padding === "circular" && each > 0;
  const pads = circular ? {} : { pads: [0, each, 0, each] as [number, number, number, number] };
  const rows = pooledRows(context, x, squeeze);
  const [pooled] = rows;
  const taps = bandedTaps(op, options);
  if (pooled !== undefined && taps !== undefined) {
    const scores = bandedConvolution(context, pooled, taps, "conv");
    return context.op("mul", [x, rowGate(context, scores, gate)], {});
  }
  const gating = alongChannelRow(context, rows, options, (entered) => {
    const scores = entered.map((row, i) => {
      const part = kernels[Math.min(i, kernels.length - 1)] ?? { weight, bias: undefined };
      const name = i === 0 ? "" : "max_";
      const taps = reshapedParameter(context, part.weight, [1, 1, 1, kernel], `${name}weight`);
      const read = circular ? joinedEnds(row, each, context, name) : row;
      return convolution(context, read, taps, part.bias, `${name}conv`, pads);
    });
    const [first, second] = scores;
    if (first === undefined) throw new Defect("an ECA gate squeezes to nothing");
    const sum = second === undefined ? first : context.op("add", [first, second], {}, "sum");
    return rowGate(context, sum, gate);
  });
  return context.op("mul", [x, gating], {});
}

/** The taps of a gate that is to be written with a banded matrix; undefined for every other. */
function bandedTaps(op: OpOf<"attention.eca">, options: LoweringOptions): Parameter | undefined {
  const { x, weight, more } = operandsOf<"attention.eca", Value>(op);
  const { padding, squeeze, gate } = op.attributes;
  const [, channels, ...sizes] = x.type.dims;
  const isPlain = padding === "zeros" && squeeze !== "both" && gate !== "softmax" && more.length === 0;
  const isMap = sizes.length === 2 && x.type.dtype === "float32";
  if (!isPlain || !isMap || weight.kind !== "parameter") return undefined;
  return prefersBanded(options, Number(channels)) ? weight : undefined;
}

function joinedEnds(row: Value, each: number, context: RewriteContext, prefix: string): Value {
  const columns = Number(row.type.dims[3]);
  const part = (start: number, end: number, name: string): Value =>
    context.op("slice", [row], { axis: 3, start, end }, `${prefix}${name}`);
  const ends = [part(columns - each, columns, "last"), row, part(0, each, "first")];
  return context.op("concat", ends, { axis: 3 }, `${prefix}ring`);
}
