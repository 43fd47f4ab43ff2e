import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { featureMap } from "../../types.js";
import { batchNormed, convolution } from "../lowering/parts.js";

/**
 *     x ┬ mean over W ─ [N,C,H,1] ─────────────────────────┐
 *       └ mean over H ─ [N,C,1,W] ─ transpose ─ [N,C,W,1] ─┴ concat ─ conv ─ batch_norm ─ hidden ┬ rows    ─ conv ─ gate ─ [N,C,H,1]
 *                                                                                                └ columns ─ transpose ─ conv ─ gate ─ [N,C,1,W]
 *
 * and x is multiplied by both. The strips go through the shared layer as one map.
 */
export function lowerCoord(op: OpOf<"attention.coord">, context: RewriteContext): Value {
  const { x, reduce, norm, rows: rowsWeight, columns: columnsWeight } = operandsOf(op);
  const { hidden, gate, epsilon } = op.attributes;
  const [, , height, width] = featureMap(x.type, "x");
  const turned = (value: Value, name: string): Value =>
    context.op("transpose", [value], { permutation: [0, 1, 3, 2] }, name);
  const part = (value: Value, start: number, end: number, name: string): Value =>
    context.op("slice", [value], { axis: 2, start, end }, name);

  const rowMeans = context.op("reduce_mean", [x], { axes: [3] }, "rows/mean");
  const columnMeans = context.op("reduce_mean", [x], { axes: [2] }, "columns/mean");
  const strips = [rowMeans, turned(columnMeans, "columns/turned")];
  const both = context.op("concat", strips, { axis: 2 }, "strips");
  const reduced = convolution(context, both, reduce, undefined, "reduce");
  const active = context.op(hidden, [batchNormed(context, reduced, norm, epsilon, "norm")], {}, "hidden");

  const rows = part(active, 0, height, "rows/part");
  const columns = turned(part(active, height, height + width, "columns/part"), "columns/back");
  const rowGate = context.op(
    gate,
    [convolution(context, rows, rowsWeight, undefined, "rows/conv")],
    {},
    "rows/gate",
  );
  const columnGate = context.op(
    gate,
    [convolution(context, columns, columnsWeight, undefined, "columns/conv")],
    {},
    "columns/gate",
  );
  return context.op("mul", [context.op("mul", [x, rowGate], {}, "rows/scale"), columnGate], {});
}
