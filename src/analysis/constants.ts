import type { Op, Value } from "../ir/graph.js";
import { drawsNumbers } from "../ir/ops/opaque.js";
import { isOp } from "../ir/rewrite.js";

/** Says of values whether they follow from parameters alone, as a layer's weights do, however they are handed to it. */
export function constantsOf(ops: readonly Op[]): (value: Value) => boolean {
  const computed = new Set<Value>();
  const isConstant = (value: Value): boolean => value.kind === "parameter" || computed.has(value);
  for (const op of ops) {
    const isDrawn = isOp(op, "opaque") && drawsNumbers(op.attributes.operator);
    if (!isDrawn && op.operands.every(isConstant)) for (const result of op.results) computed.add(result);
  }
  return isConstant;
}
