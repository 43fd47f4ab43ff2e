import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import type { Simplification } from "./simplification.js";

/** `transpose(transpose(x))  →  transpose(x)`, or x where the second undoes the first. */
export const joinTransposes: Simplification = (op, context) => {
  if (!isOp(op, "transpose")) return undefined;
  const inner = context.producer(operandsOf(op).x);
  if (!isOp(inner, "transpose")) return undefined;
  const { x } = operandsOf(inner);
  const permutation = op.attributes.permutation.map((axis) => inner.attributes.permutation[axis] ?? 0);
  if (permutation.every((axis, i) => axis === i)) return x;
  return context.op("transpose", [x], { permutation });
};
