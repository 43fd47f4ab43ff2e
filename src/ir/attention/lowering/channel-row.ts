import type { Value } from "../../graph.js";
import type { RewriteContext } from "../../rewrite.js";
import { chooseStrategy, type LoweringOptions, type LoweringStrategy } from "./strategy.js";

/**
 * Runs `mix` over the channels of a pooled map as the columns of a map with one row:
 *
 *     reshape      [N,C,1,1] ─ reshape [0,1,1,-1] ─ [N,1,1,C] ─ mix ─ [N,1,1,C] ─ reshape [0,-1,1,1]
 *     transpose    [N,C,1,1] ─ transpose 0231 ───── [N,1,1,C] ─ mix ─ [N,1,1,C] ─ transpose 0312
 *
 * Both are of rank 4 all through: not every runtime has a one-dimensional convolution.
 */
export function alongChannelRow(
  context: RewriteContext,
  pooled: Value,
  options: LoweringOptions,
  mix: (row: Value) => Value,
): Value {
  const form = FORMS[chooseStrategy(options)];
  return form.leave(mix(form.enter(pooled, context)), context);
}

interface Form {
  /** [N, C, 1, 1] to [N, 1, 1, C] */
  enter(pooled: Value, context: RewriteContext): Value;
  /** [N, 1, 1, C] to [N, C, 1, 1] */
  leave(gate: Value, context: RewriteContext): Value;
}

const FORMS: { readonly [S in LoweringStrategy]: Form } = {
  reshape: {
    enter: (pooled, context) => context.op("reshape", [pooled], { shape: [0, 1, 1, -1] }, "enter"),
    leave: (gate, context) => context.op("reshape", [gate], { shape: [0, -1, 1, 1] }, "leave"),
  },
  transpose: {
    enter: (pooled, context) => context.op("transpose", [pooled], { permutation: [0, 2, 3, 1] }, "enter"),
    leave: (gate, context) => context.op("transpose", [gate], { permutation: [0, 3, 1, 2] }, "leave"),
  },
};
