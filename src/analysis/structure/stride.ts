import type { Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { isConv, type Unit } from "./units.js";

/** By how much a stretch makes the map smaller: the product of its layers' strides. */
export function strideOf(units: readonly Unit[]): number {
  return units.reduce((product, unit) => product * strideOfUnit(unit), 1);
}

function strideOfUnit(unit: Unit): number {
  const { core, ops } = unit;
  if (isConv(core)) return core.convs[0]?.attributes.strides[0] ?? 1;
  if (core.kind === "pool") return ops.reduce((largest, op) => Math.max(largest, strideOfOp(op)), 1);
  if (core.kind !== "branches" && core.kind !== "residual") return 1;
  return ops.some(slides) ? strideOfPaths(unit) : ratioOfMaps(unit);
}

/** The largest product of strides along a path through the ops. */
function strideOfPaths({ ops, to }: Unit): number {
  const strides = new Map<Value, number>();
  for (const op of ops) {
    const before = op.operands.reduce((most, operand) => Math.max(most, strides.get(operand) ?? 1), 1);
    for (const result of op.results) strides.set(result, before * strideOfOp(op));
  }
  return strides.get(to) ?? 1;
}

/** Rows and columns that are left out show in the maps alone, where both become fewer in the same way: windows are no maps. */
function ratioOfMaps({ sizes: { from, to } }: Unit): number {
  const [rows, columns] = [0, 1].map((axis) => {
    const [before, after] = [from.map[axis], to.map[axis]];
    return typeof before === "number" && typeof after === "number" ? Math.round(before / after) : 1;
  });
  return rows !== undefined && rows === columns ? Math.max(1, rows) : 1;
}

function slides({ kind }: Op): boolean {
  return kind === "conv" || kind === "max_pool" || kind === "avg_pool";
}

function strideOfOp(op: Op): number {
  const isWindow = isOp(op, "conv") || isOp(op, "max_pool") || isOp(op, "avg_pool");
  return isWindow ? op.attributes.strides[0] : 1;
}
