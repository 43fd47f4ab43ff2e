import type { Value } from "../../graph.js";
import type { RewriteContext } from "../../rewrite.js";
import { chooseStrategy, type LoweringOptions, type LoweringStrategy } from "./strategy.js";

/**
 * Runs `mix` over the channels of a pooled map as the columns of a map with one row:
 *
 *     reshape      [N,C,1,1] ─ reshape [0,1,1,-1] ─ [N,1,1,C] ─ mix ─ [N,1,1,C] ─ reshape [0,-1,1,1]
 *     transpose    [N,C,1,1] ─ transpose 0231 ───── [N,1,1,C] ─ mix ─ [N,1,1,C] ─ transpose 0312
 *
 * Both are of rank 4 all through: not every runtime has a one-dimensional convolution. A pooled signal [N, C, 1] is reshaped to
 * such a row and back.
 */
export function alongChannelRow(
  context: RewriteContext,
  pooled: Value,
  options: LoweringOptions,
  mix: (row: Value) => Value,
): Value {
  const form = pooled.type.dims.length === 3 ? OF_SIGNAL : FORMS[chooseStrategy(options)];
  return form.leave(mix(form.enter(pooled, context)), context);
}

interface Form {
  /** To [N, 1, 1, C]. */
  enter(pooled: Value, context: RewriteContext): Value;
  /** Back to the sizes of what was pooled. */
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

/** [N, C, 1] */
const OF_SIGNAL: Form = {
  enter: FORMS.reshape.enter,
  leave: (gate, context) => context.op("reshape", [gate], { shape: [0, -1, 1] }, "leave"),
};
