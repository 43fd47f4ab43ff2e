import type { Op } from "../../ir/graph.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { sameDims } from "../../ir/types.js";
import type { Simplification } from "./simplification.js";

/** Ops that can only give x back where the result has its type. */
const KEEPS_ORDER: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>([
  "cast",
  "expand",
  "flatten",
  "identity",
  "pad",
  "reshape",
  "reshape_to",
  "slice",
  "squeeze",
  "unsqueeze",
]);

/** Ops that of one operand are that operand. */
const OF_SEVERAL: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>(["concat", "max", "min", "sum"]);

/** `f(x)  →  x`, where f is dropout, or leaves x as it is. */
export const dropIdentity: Simplification = (op) => {
  const [x, ...more] = op.operands;
  const [result] = op.results;
  if (x === undefined || result === undefined) return undefined;
  const same = x.type.dtype === result.type.dtype && sameDims(x.type.dims, result.type.dims);
  const isIdentity =
    definitionOf(op.kind).trainingOnly === true ||
    (same && KEEPS_ORDER.has(op.kind)) ||
    (more.length === 0 && OF_SEVERAL.has(op.kind)) ||
    (isOp(op, "transpose") && op.attributes.permutation.every((axis, i) => axis === i));
  return isIdentity ? x : undefined;
};
