import type { Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { elementCount } from "../../ir/types.js";
import { smallValues } from "../../ir/weight.js";
import type { Simplification } from "./simplification.js";

/**
 * `div(reduce_sum(x) {axes = [2, 3]}, 64)  →  reduce_mean(x) {axes = [2, 3]}` of maps of 8x8, and the same for a product with 1/64: a sum
 * by how many it is of. Where something else reads the sum, or is an output, both stay.
 */
export const makeMean: Simplification = (op, context) => {
  if (!isOp(op, "div") && !isOp(op, "mul")) return undefined;
  const [a, b] = op.operands;
  const of = (sum: Value | undefined, by: Value | undefined): Value | undefined => {
    const reduction = sum && context.isReadOnce(sum) ? context.producer(sum) : undefined;
    if (!isOp(reduction, "reduce_sum") || by?.kind !== "parameter" || by.role !== "fixed") return undefined;
    const { x } = operandsOf(reduction);
    const sizes = reduction.attributes.axes.map((axis) => x.type.dims[axis]);
    const [number, ...more] = smallValues(by.data) ?? [];
    const isOne = by.data.dims.length <= (sum?.type.dims.length ?? 0) && more.length === 0;
    if (number === undefined || !isOne || !sizes.every((size) => typeof size === "number")) return undefined;
    const count = elementCount(sizes);
    const fits = op.kind === "div" ? number === count : Math.fround(number) === Math.fround(1 / count);
    return fits ? context.op("reduce_mean", [x], reduction.attributes) : undefined;
  };
  return of(a, b) ?? (op.kind === "mul" ? of(b, a) : undefined);
};
