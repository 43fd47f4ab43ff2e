import type { Op, OpOf } from "../../../ir/graph.js";
import { isOp } from "../../../ir/rewrite.js";
import type { Idiom } from "./idiom.js";
import { channelsLast, inverseOf } from "./view.js";

/** What the normal form pools with. */
export type PoolingOp = OpOf<"reduce_max"> | OpOf<"reduce_mean"> | OpOf<"reduce_sum">;

export function isPooling(op: Op | undefined): op is Op & PoolingOp {
  return isOp(op, "reduce_max") || isOp(op, "reduce_mean") || isOp(op, "reduce_sum");
}

/** squeeze(mean(x))  →  mean(x) without the axes: of a mean, a maximum or a sum whose axes are dropped after it. */
export const poolingOfSqueeze: Idiom = (op, context) => {
  const [pooled] = isOp(op, "squeeze") ? op.operands : [];
  const pooling = pooled && context.producer(pooled);
  const [x] = pooling?.operands ?? [];
  if (!isOp(op, "squeeze") || !isPooling(pooling) || x === undefined || !pooling.attributes.keepdims)
    return undefined;
  const { axes } = pooling.attributes;
  const isWhole =
    axes.length === op.attributes.axes.length && axes.every((axis) => op.attributes.axes.includes(axis));
  return isWhole ? context.op(pooling.kind, [x], { axes, keepdims: false }) : undefined;
};

/** mean(mean(x) over some axes) over others  →  mean(x) over all of them; maxima and sums alike. */
export const poolingAtOnce: Idiom = (op, context) => {
  const [pooled] = isPooling(op) ? op.operands : [];
  const inner = pooled && context.producer(pooled);
  const [x] = inner?.operands ?? [];
  if (!isPooling(op) || !isPooling(inner) || inner.kind !== op.kind || x === undefined) return undefined;
  const { axes: first, keepdims } = inner.attributes;
  const left = x.type.dims.flatMap((_, axis) => (keepdims || !first.includes(axis) ? [axis] : []));
  const second = op.attributes.axes.map((axis) => left[axis] ?? axis);
  const axes = [...new Set([...first, ...second])].sort((a, b) => a - b);
  const dropped = [...(keepdims ? [] : first), ...(op.attributes.keepdims ? [] : second)];
  const whole = dropped.length === axes.length;
  const value = context.op(op.kind, [x], { axes, keepdims: !whole });
  return whole || dropped.length === 0
    ? value
    : context.op("squeeze", [value], { axes: dropped.sort((a, b) => a - b) });
};

/**
 *     mean(x) over the axes in the middle  →  transpose(mean(transpose(x)) over the last)
 *
 * of a map [N, H, W, C] or a signal [N, L, C]: what is pooled are its positions, so it is channels last.
 */
export const poolingOfPositions: Idiom = (op, context) => {
  const [x] = isPooling(op) ? op.operands : [];
  const rank = x?.type.dims.length ?? 0;
  const order = channelsLast(rank);
  if (!isPooling(op) || x === undefined || order === undefined) return undefined;
  const { axes, keepdims } = op.attributes;
  if ([...axes].sort((a, b) => a - b).join() !== (rank === 4 ? "1,2" : "1")) return undefined;
  const last = order.slice(1, -1);
  const value = context.op(op.kind, [context.turned(x, inverseOf(order))], { axes: [...last], keepdims });
  return keepdims ? context.op("transpose", [value], { permutation: [...order] }) : value;
};
