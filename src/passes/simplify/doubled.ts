import type { Op, Value } from "../../ir/graph.js";
import { isOp, type RewriteContext } from "../../ir/rewrite.js";
import { isFloatType } from "../../ir/types.js";
import { constantWeight } from "../../ir/weight.js";

/** `x + x` → `x · 2`, the same number in binary floating point: a factor, which a layer beside it can take. */
export function doubled(op: Op, context: RewriteContext): Value | undefined {
  const [a, b] = isOp(op, "add") ? op.operands : [];
  if (a === undefined || a !== b || !isFloatType(a.type.dtype)) return undefined;
  return context.op("mul", [a, context.constant("two", constantWeight([], 2))], {});
}
