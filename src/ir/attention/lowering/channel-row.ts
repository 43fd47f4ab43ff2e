import type { Value } from "../../graph.js";
import type { RewriteContext } from "../../rewrite.js";
import type { RowGate } from "../row-gate.js";
import { chooseForm, type LoweringOptions, type RowForm } from "./strategy.js";

/**
 * Runs `mix` over the channels of pooled maps as the columns of maps with one row:
 *
 *     reshape      [N,C,1,1] ─ reshape [0,1,1,-1] ─ [N,1,1,C] ─ mix ─ [N,1,1,C] ─ reshape [0,-1,1,1]
 *     transpose    [N,C,1,1] ─ transpose 0231 ───── [N,1,1,C] ─ mix ─ [N,1,1,C] ─ transpose 0312
 *
 * Both are of rank 4 all through: not every runtime has a one-dimensional convolution. A pooled signal [N, C, 1] is reshaped to
 * such a row and back.
 */
export function alongChannelRow(
  context: RewriteContext,
  pooled: readonly Value[],
  options: LoweringOptions,
  mix: (rows: readonly Value[]) => Value,
): Value {
  const form = pooled[0]?.type.dims.length === 3 ? OF_SIGNAL : FORMS[chooseForm(options)];
  const rows = pooled.map((each, i) => form.enter(each, context, i === 0 ? "enter" : "max_enter"));
  return form.leave(mix(rows), context);
}

/** The gate of a row of scores [N, 1, 1, C]. */
export function rowGate(context: RewriteContext, scores: Value, gate: RowGate): Value {
  return gate === "softmax"
    ? context.op("softmax", [scores], { axis: 3 }, "gate")
    : context.op(gate, [scores], {}, "gate");
}

interface Form {
  /** To [N, 1, 1, C]. */
  enter(pooled: Value, context: RewriteContext, name: string): Value;
  /** Back to the sizes of what was pooled. */
  leave(gate: Value, context: RewriteContext): Value;
}

const FORMS: { readonly [F in RowForm]: Form } = {
  reshape: {
    enter: (pooled, context, name) => context.op("reshape", [pooled], { shape: [0, 1, 1, -1] }, name),
    leave: (gate, context) => context.op("reshape", [gate], { shape: [0, -1, 1, 1] }, "leave"),
  },
  transpose: {
    enter: (pooled, context, name) => context.op("transpose", [pooled], { permutation: [0, 2, 3, 1] }, name),
    leave: (gate, context) => context.op("transpose", [gate], { permutation: [0, 3, 1, 2] }, "leave"),
  },
};

/** [N, C, 1] */
const OF_SIGNAL: Form = {
  enter: FORMS.reshape.enter,
  leave: (gate, context) => context.op("reshape", [gate], { shape: [0, -1, 1] }, "leave"),
};
