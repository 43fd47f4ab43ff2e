import type { Op } from "../../ir/graph.js";
import { isOnnxDomain } from "../../ir/onnx-domain.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { isFloatType, isUnknownType, sameDims } from "../../ir/types.js";
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

/** Operators that do to tensors of any type what an op does to those that the IR computes with. */
const OPAQUE_KEEPING: ReadonlySet<string> = new Set(
  "Cast Expand Flatten Reshape Squeeze Unsqueeze".split(" "),
);

/** `f(x)  →  x`, where f is dropout, or leaves x as it is. */
export const dropIdentity: Simplification = (op) => (isIdentity(op) ? op.operands[0] : undefined);

/** Whether an op gives its first operand back: dropout, or what leaves it as it is. */
export function isIdentity(op: Op): boolean {
  const [x, ...more] = op.operands;
  const [result, ...others] = op.results;
  if (x === undefined || result === undefined || others.length > 0) return false;
  const same = x.type.dtype === result.type.dtype && sameDims(x.type.dims, result.type.dims);
  return (
    definitionOf(op.kind).trainingOnly === true ||
    (same && KEEPS_ORDER.has(op.kind)) ||
    (more.length === 0 && OF_SEVERAL.has(op.kind)) ||
    (isOp(op, "transpose") && op.attributes.permutation.every((axis, i) => axis === i)) ||
    (isOp(op, "opaque") && same && isOpaqueIdentity(op.attributes, more.length, !isUnknownType(x.type)))
  );
}

/** An operator that hands on a tensor of the same type; most could change one of which nothing is known. */
function isOpaqueIdentity(
  { operator, domain }: { readonly operator: string; readonly domain: string },
  others: number,
  isKnown: boolean,
): boolean {
  if (!isOnnxDomain(domain)) return false;
  if (operator === "Identity") return true;
  if (operator === "Concat" || operator === "Max" || operator === "Min" || operator === "Sum")
    return others === 0;
  return isKnown && OPAQUE_KEEPING.has(operator);
}

/** Whether an op only gives floating-point numbers another precision: what is computed of them is no other gate for that. */
export function changesPrecision(op: Op): boolean {
  const [x] = op.operands;
  return isOp(op, "cast") && x !== undefined && isFloatType(x.type.dtype) && isFloatType(op.attributes.to);
}
