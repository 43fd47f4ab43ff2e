import type { Op } from "../ir/graph.js";
import { isOp } from "../ir/rewrite.js";

/** Whether an op is what `remove-attention{factor=true}` leaves where a gate was. */
export function isFactor(op: Op): boolean {
  return isOp(op, "mul") && op.loc.pass === "remove-attention";
}
