import type { Op } from "../../ir/graph.js";
import { sameDims } from "../../ir/types.js";
import { LAYOUTS } from "./layouts.js";
import type { Simplification } from "./simplification.js";

/**
 *     unsqueeze(reduce_mean(x) {axes = [1], keepdims = false}) {axes = [1]}  →  reduce_mean(x) {axes = [1]}
 *     squeeze(reduce_mean(x) {axes = [2, 3]}) {axes = [2, 3]}               →  reduce_mean(x) {axes = [2, 3], keepdims = false}
 *
 * The reduced axes stay as axes of size 1, or go: the elements and their order are the same. Only where nothing else reads the
 * reduction, which would have to be computed twice.
 */
export const keepReducedAxes: Simplification = (op, context) => {
  const [reduced] = op.operands;
  const [result] = op.results;
  if (!LAYOUTS.has(op.kind) || reduced === undefined || result === undefined) return undefined;
  const reduction = context.isReadOnce(reduced) ? context.producer(reduced) : undefined;
  const [x] = reduction?.operands ?? [];
  if (reduction === undefined || x === undefined || !isReduction(reduction)) return undefined;
  const { axes, keepdims } = reduction.attributes;
  const dims = keepdims
    ? x.type.dims.filter((_, axis) => !axes.includes(axis))
    : x.type.dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
  if (!sameDims(dims, result.type.dims)) return undefined;
  return context.op(reduction.kind, [x], { ...reduction.attributes, keepdims: !keepdims });
};

type Reduction = Extract<Op, { readonly kind: `reduce_${string}` }>;

function isReduction(op: Op): op is Reduction {
  return op.kind.startsWith("reduce_");
}
