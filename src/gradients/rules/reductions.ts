import type { Value } from "../../ir/graph.js";
import { elementCount } from "../../ir/types.js";
import type { Backward, GradientRules } from "../rule.js";
import { sizesOf, type ValueMath } from "../value-math.js";

/** The axes of a map that are no batch and no channels. */
export function spatialAxesOf(x: Value): readonly number[] {
  return sizesOf(x).flatMap((_, axis) => (axis < 2 ? [] : [axis]));
}

/** What a reduction without its axes made, with those of size 1. */
function withAxes(value: Value, x: Value, axes: readonly number[], math: ValueMath): Value {
  return math.reshaped(
    value,
    sizesOf(x).map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
}

/** 1 / the number of elements that become one. */
function share(x: Value, axes: readonly number[]): number {
  return 1 / elementCount(axes.map((axis) => sizesOf(x)[axis] ?? 1));
}

/** All elements that the result is equal to get an even share of its derivative. */
function toExtremes(
  x: Value,
  axes: readonly number[],
  { y, dy, math }: Pick<Backward<"reduce_max">, "y" | "dy" | "math">,
  isExtreme: (x: Value, extreme: Value) => Value,
): Value {
  const is = isExtreme(x, withAxes(y, x, axes, math));
  return math.over(math.times(withAxes(dy, x, axes, math), is), math.sum(is, axes));
}

/** Derivatives of what reduces axes to one number. */
export const reductionRules = {
  reduce_sum: ({ operands: { x }, attributes: { axes }, dy, math, give }) =>
    give(x, () => withAxes(dy, x, axes, math)),
  reduce_mean: ({ operands: { x }, attributes: { axes }, dy, math, give }) =>
    give(x, () => math.scaled(withAxes(dy, x, axes, math), share(x, axes))),
  reduce_max(step) {
    const { operands, attributes, math } = step;
    step.give(operands.x, () =>
      toExtremes(operands.x, attributes.axes, step, (x, most) => math.reaches(x, most)),
    );
  },
  reduce_min(step) {
    const { operands, attributes, math } = step;
    step.give(operands.x, () =>
      toExtremes(operands.x, attributes.axes, step, (x, least) => math.reaches(least, x)),
    );
  },
  global_avg_pool: ({ operands: { x }, dy, math, give }) =>
    give(x, () => math.scaled(dy, share(x, spatialAxesOf(x)))),
  global_max_pool(step) {
    const { operands, math } = step;
    step.give(operands.x, () =>
      toExtremes(operands.x, spatialAxesOf(operands.x), step, (x, most) => math.reaches(x, most)),
    );
  },
} as const satisfies GradientRules;
