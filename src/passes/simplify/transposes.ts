import { isOp } from "../../ir/rewrite.js";
import type { Simplification } from "./simplification.js";

/** `transpose(transpose(x))  →  transpose(x)`, or x where the second undoes the first. */
export const joinTransposes: Simplification = (op, context, producer) => {
  const [between] = op.operands;
  const inner = between && producer(between);
  if (!isOp(op, "transpose") || !isOp(inner, "transpose")) return undefined;
  const [x] = inner.operands;
  const permutation = op.attributes.permutation.map((axis) => inner.attributes.permutation[axis] ?? 0);
  if (x === undefined || permutation.every((axis, i) => axis === i)) return x;
  return context.op("transpose", [x], { permutation });
};
