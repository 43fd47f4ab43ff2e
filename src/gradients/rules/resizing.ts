import type { Value } from "../../ir/graph.js";
import { resizing } from "../../ir/ops/resizing.js";
import type { Tensor } from "../../ir/tensor.js";
import type { GradientRules } from "../rule.js";
import { sizesOf, type ValueMath } from "../value-math.js";

/** What a linear op does along an axis: the shares of the operand's positions in those of the result, [from, to], row by row. */
type AlongAxis = (identity: Tensor, axis: number) => Tensor;

/** Whether a linear op changes maps alone: neither their number nor their channels. */
function isOfMaps(x: Value, y: Value): boolean {
  const [from, to] = [sizesOf(x), sizesOf(y)];
  return from.length === 4 && from[0] === to[0] && from[1] === to[1];
}

/** The derivatives of a linear op on maps that treats each axis by itself. */
function alongAxes(x: Value, dy: Value, along: AlongAxis, math: ValueMath): Value {
  const [from, to] = [sizesOf(x), sizesOf(dy)];
  const shares = [2, 3].map((axis) => {
    const [size = 1, results = 1] = [from[axis], to[axis]];
    const { data } = along(identity(size), axis);
    // Of the unit vectors' rows, each result's shares: [results, size].
    const byResult = Array.from({ length: results * size }, (_, i) => data[i] ?? 0);
    return { size, results, byResult };
  });
  const [rows, columns] = shares;
  if (rows === undefined || columns === undefined) throw new RangeError("a map has two axes");
  const wide = math.op("matmul", [dy, math.numbers([columns.results, columns.size], columns.byResult)], {});
  const turned = Array.from({ length: rows.size * rows.results }, (_, i) => {
    const [position, result] = [Math.floor(i / rows.results), i % rows.results];
    return rows.byResult[result * rows.size + position] ?? 0;
  });
  return math.op("matmul", [math.numbers([rows.size, rows.results], turned), wide], {});
}

function identity(size: number): Tensor {
  const data = Float64Array.from({ length: size * size }, (_, i) =>
    Number(Math.floor(i / size) === i % size),
  );
  return { dims: [size, size], data };
}

/** Derivatives of maps with more or fewer positions. */
export const resizingRules = {
  resize({ operands: { x }, attributes, dy, math, give, refuse }) {
    const { scales, ...how } = attributes;
    const along: AlongAxis = (unit, axis) => {
      const scale = scales?.[axis];
      const to = sizesOf(dy)[axis] ?? 1;
      const sizes =
        scale === undefined ? { dims: [2], data: Float64Array.of(to, unit.dims[1] ?? 1) } : undefined;
      return resizing.resize.evaluate(
        { x: unit, sizes },
        { ...how, scales: scale === undefined ? undefined : [scale, 1] },
      );
    };
    if (isOfMaps(x, dy)) give(x, () => alongAxes(x, dy, along, math));
    else refuse(x, "it resizes more than maps");
  },
  reflect_pad({ operands: { x }, attributes: { before, after }, dy, math, give, refuse }) {
    const along: AlongAxis = (unit, axis) =>
      resizing.reflect_pad.evaluate(
        { x: unit },
        { before: [before[axis] ?? 0, 0], after: [after[axis] ?? 0, 0] },
      );
    if (isOfMaps(x, dy)) give(x, () => alongAxes(x, dy, along, math));
    else refuse(x, "it pads more than maps");
  },
} as const satisfies GradientRules;
