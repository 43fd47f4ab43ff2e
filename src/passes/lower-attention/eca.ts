import { Defect } from "../../base/diagnostic.js";
import type { OpOf, Parameter, Value } from "../../ir/graph.js";
import type { RewriteContext } from "../../ir/rewrite.js";
import { reshapeWeight } from "../../ir/weight.js";
import { chooseStrategy, type LoweringOptions, type LoweringStrategy } from "./strategy.js";

/**
 *     x ─ global_avg_pool ─ to a map with one row of channels ─ conv 1×k ─ sigmoid ─ back ─┐
 *     └──────────────────────────────────────────────────────────────────────────────────── mul
 *
 *     reshape      [N,C,1,1] ─ reshape [0,1,1,-1] ─ [N,1,1,C] ─ conv ─ sigmoid ─ reshape [0,-1,1,1]
 *     transpose    [N,C,1,1] ─ transpose 0231 ───── [N,1,1,C] ─ conv ─ sigmoid ─ transpose 0312
 *
 * Both are of rank 4 all through: not every runtime has a one-dimensional convolution.
 */
export function lowerEca(
  op: OpOf<"attention.eca">,
  context: RewriteContext,
  options: LoweringOptions,
): Value {
  const [x, weight] = op.operands as readonly [Value, Value];
  const { kernel } = op.attributes;
  const form = FORMS[chooseStrategy(options)];
  const pooled = context.op("global_avg_pool", [x], {}, "pool");
  const channels = form.enter(pooled, context);
  const taps = reshapedParameter(weight, [1, 1, 1, kernel], context);
  const each = (kernel - 1) / 2;
  const mixed = context.op("conv", [channels, taps], { pads: [0, each, 0, each] }, "conv");
  const gate = context.op("sigmoid", [mixed], {}, "gate");
  return context.op("mul", [x, form.leave(gate, context)], {});
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

/** The weight with other sizes: a parameter of the same name, or a computed one reshaped. */
function reshapedParameter(weight: Value, dims: readonly number[], context: RewriteContext): Value {
  if (weight.kind !== "parameter") return context.op("reshape", [weight], { shape: [...dims] }, "weight");
  const data = reshapeWeight((weight as Parameter).data, dims);
  // The first axis stays 1, and only a vector over a first axis that changes can't be reshaped.
  if (data === undefined) throw new Defect(`${weight.name} can't be reshaped to [${dims.join(", ")}]`);
  return context.parameterOf(weight.name, data, weight.role);
}
