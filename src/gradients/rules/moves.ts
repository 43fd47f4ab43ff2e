import type { Value } from "../../ir/graph.js";
import { type Backward, flat, type GradientRules } from "../rule.js";
import { sizesOf } from "../value-math.js";

/** The same elements in another shape, and back. */
function back({ operands, dy, math, give }: Backward<Reshaping>): void {
  give(operands.x, () => math.reshaped(dy, sizesOf(operands.x)));
}

type Reshaping = "identity" | "reshape" | "reshape_to" | "flatten" | "squeeze" | "unsqueeze";

/** Derivatives of what moves elements. */
export const moveRules = {
  identity: back,
  reshape: back,
  reshape_to: back,
  flatten: back,
  squeeze: back,
  unsqueeze: back,
  shape: flat,
  transpose: ({ operands: { x }, attributes: { permutation }, dy, math, give }) =>
    give(x, () =>
      math.transposed(
        dy,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
    ),
  slice: ({ operands: { x }, attributes: { axis, start, end }, dy, math, give }) =>
    give(x, () => {
      const none = sizesOf(x).map(() => 0);
      const after = (sizesOf(x)[axis] ?? 0) - end;
      return math.op("pad", [dy], { before: none.with(axis, start), after: none.with(axis, after) });
    }),
  concat({ operands: { x, more }, attributes: { axis }, dy, math, give }) {
    let end = 0;
    for (const each of [x, ...more]) {
      const start = end;
      end += sizesOf(each)[axis] ?? 0;
      const part = end;
      give(each, () => math.op("slice", [dy], { axis, start, end: part }));
    }
  },
  // What an axis of size 1 is repeated along is summed.
  expand: ({ operands: { x }, dy, give }) => give(x, () => dy),
  pad: ({ operands: { x }, attributes: { before, after }, dy, math, give }) =>
    give(x, () =>
      sizesOf(dy).reduce<Value>((part, size, axis) => {
        const [start, end] = [before[axis] ?? 0, size - (after[axis] ?? 0)];
        return start === 0 && end === size ? part : math.op("slice", [part], { axis, start, end });
      }, dy),
    ),
} as const satisfies GradientRules;
