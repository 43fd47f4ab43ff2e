import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { batchNormed, convolution } from "../lowering/parts.js";

/**
 *     paths ─ add ─ global_avg_pool ─ conv 1×1 ─ BN ─ hidden ─ conv 1×1 ─ reshape [N,M,C,1] ─ softmax over M ─┐
 *     └─ each path mul its part ─ add ─────────────────────────────────────────── slices [N,C,1,1] ──────────┘
 */
export function lowerSk(op: OpOf<"attention.sk">, context: RewriteContext): Value {
  const { x, reduce, norm, select } = operandsOf(op);
  const { paths, hidden, epsilon } = op.attributes;
  const stacked = Number(x.type.dims[1]);
  const channels = stacked / paths;
  const partsOf = (value: Value, axis: number, size: number, name: string): Value[] =>
    Array.from({ length: paths }, (_, m) =>
      context.op("slice", [value], { axis, start: m * size, end: (m + 1) * size }, `${name}/${m}`),
    );
  const sumOf = (values: readonly Value[], name: string): Value =>
    values.reduce((all, value, m) =>
      context.op("add", [all, value], {}, m === paths - 1 ? name : `${name}/${m}`),
    );
  const all = partsOf(x, 1, channels, "path");
  const pooled = context.op("global_avg_pool", [sumOf(all, "fuse")], {}, "pool");
  const reduced = convolution(context, pooled, reduce, undefined, "reduce");
  const normed = batchNormed(context, reduced, norm, epsilon, "norm");
  const compact = context.op(hidden, [normed], {}, "hidden");
  const scores = convolution(context, compact, select, undefined, "select");
  const rows = context.op("reshape", [scores], { shape: [0, paths, channels, 1] }, "rows");
  const shares = context.op("softmax", [rows], { axis: 1 }, "softmax");
  const column = context.op("reshape", [shares], { shape: [0, stacked, 1, 1] }, "shares");
  const weighted = partsOf(column, 1, channels, "share").map((share, m) =>
    context.op("mul", [all[m] as Value, share], {}, `weighted/${m}`),
  );
  const result = weighted
    .slice(0, -1)
    .reduce((sum, value, m) => context.op("add", [sum, value], {}, `selected/${m}`));
  return context.op("add", [result, weighted.at(-1) as Value], {});
}
