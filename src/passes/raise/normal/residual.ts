import type { Value } from "../../../ir/graph.js";
import { isOp } from "../../../ir/rewrite.js";
import { sameDims } from "../../../ir/types.js";
import { behindLayout } from "../layout.js";
import { scalarOf } from "../weights.js";
import type { Idiom, IdiomContext } from "./idiom.js";

/** x · (1 + g)  →  x + x · g, for what is broadcast over x: a gate whose map is added to its result. */
export const residualOfProduct: Idiom = (op, context) => {
  const [a, b, ...more] = isOp(op, "mul") ? op.operands : [];
  const [result] = op.results;
  if (a === undefined || b === undefined || result === undefined || more.length > 0) return undefined;
  for (const [x, factor] of [
    [a, b],
    [b, a],
  ] as const) {
    const isWhole = sameDims(x.type.dims, result.type.dims) && !sameDims(factor.type.dims, result.type.dims);
    const gate = isWhole && x.kind !== "parameter" ? oneLess(factor, context) : undefined;
    if (gate !== undefined) return context.op("add", [x, context.op("mul", [x, gate], {})], {});
  }
  return undefined;
};

/** g of a value that is 1 + g, in any layout. */
function oneLess(value: Value, context: IdiomContext): Value | undefined {
  const { value: sum, ops } = behindLayout(value, context);
  const op = context.producer(sum);
  const [a, b] = isOp(op, "add") ? op.operands : [];
  const gate = scalarOf(b) === 1 ? a : scalarOf(a) === 1 ? b : undefined;
  return (
    gate &&
    ops.reduceRight((each, layout) => context.again(layout, [each, ...layout.operands.slice(1)]), gate)
  );
}
