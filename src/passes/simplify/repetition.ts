import type { Op, Value } from "../../ir/graph.js";
import { broadcastDims } from "../../ir/ops/broadcast.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { sameDims, unlessRefused } from "../../ir/types.js";
import type { Simplification } from "./simplification.js";

/** Ops that broadcast their operands. */
export const BROADCASTS: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>([
  "add",
  "div",
  "max",
  "min",
  "mul",
  "pow",
  "sub",
  "sum",
]);

/** `mul(x, expand(gate))  →  mul(x, gate)`: what is repeated to the size of the others need not be. */
export const dropRepetition: Simplification = (op, context) => {
  const [result] = op.results;
  if (!BROADCASTS.has(op.kind) || result === undefined) return undefined;
  const operands = op.operands.map((operand) => {
    const repeats = context.producer(operand);
    return isOp(repeats, "expand") ? operandsOf(repeats).x : operand;
  });
  const changed = operands.some((operand, i) => operand !== op.operands[i]);
  return changed && sameDims(broadcastOf(operands) ?? [], result.type.dims)
    ? context.again(operands)
    : undefined;
};

function broadcastOf(operands: readonly Value[]) {
  return unlessRefused(() => operands.map(({ type }) => type.dims).reduce(broadcastDims));
}
