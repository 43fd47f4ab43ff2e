import type { Op, Value } from "../../ir/graph.js";
import { isIntegerType } from "../../ir/types.js";

/** A stretch of a network between two tensors through which everything passes. */
export interface Stretch {
  readonly from: Value;
  readonly to: Value;
  /** In the order of the graph; one op, or the ops of branches that part at `from` and meet at `to`. */
  readonly ops: readonly Op[];
}

/**
 * Cuts ops, in their order, wherever a single feature map is alive: everything that is computed later is computed of
 * it. Ops that depend on none of the `sources` go to the segment that reads them first. One walk over the ops.
 */
export function segmentsOf(ops: readonly Op[], sources: readonly Value[]): readonly Stretch[] {
  const order = dependentOps(ops, sources);
  const lastUse = new Map<Value, Op>();
  for (const op of order) for (const operand of op.operands) lastUse.set(operand, op);
  const alive = new Set(sources.filter((source) => carriesMap(source) && lastUse.has(source)));
  const segments: { from: Value; to: Value; ops: Op[] }[] = [];
  let members: Op[] = [];
  let from = sources.find((source) => alive.has(source)) ?? sources[0];
  for (const op of order) {
    members.push(op);
    for (const operand of op.operands) if (lastUse.get(operand) === op) alive.delete(operand);
    for (const result of op.results) if (carriesMap(result) && lastUse.has(result)) alive.add(result);
    if (alive.size !== 1 || from === undefined) continue;
    const [to] = alive as Set<Value>;
    if (to === undefined || to === from) continue;
    segments.push({ from, to, ops: members });
    members = [];
    from = to;
  }
  const end = order.at(-1)?.results[0];
  if (members.length > 0 && from !== undefined && end !== undefined) {
    segments.push({ from, to: end, ops: members });
  }
  return withConstants(segments, ops, new Set(order));
}

/** Sizes and single numbers travel beside the maps, and hold nothing together. An unknown value may be a map. */
function carriesMap({ type: { dtype, dims } }: Value): boolean {
  return dtype === "other" || (!isIntegerType(dtype) && dims.length > 1);
}

function dependentOps(ops: readonly Op[], sources: readonly Value[]): readonly Op[] {
  const dependent = new Set<Value>(sources);
  return ops.filter((op) => {
    if (!op.operands.some((operand) => dependent.has(operand))) return false;
    for (const result of op.results) dependent.add(result);
    return true;
  });
}

/** The segments with the ops that compute constants, each where its result is read first. */
function withConstants(
  segments: readonly Stretch[],
  ops: readonly Op[],
  dependent: ReadonlySet<Op>,
): readonly Stretch[] {
  if (dependent.size === ops.length || segments.length === 0) return segments;
  const indexOf = new Map<Op, number>();
  segments.forEach((segment, i) => {
    for (const op of segment.ops) indexOf.set(op, i);
  });
  const firstReader = new Map<Value, number>();
  for (const op of ops.toReversed()) {
    const at =
      indexOf.get(op) ?? Math.min(...op.results.map((each) => firstReader.get(each) ?? segments.length - 1));
    indexOf.set(op, at);
    for (const operand of op.operands) {
      firstReader.set(operand, Math.min(at, firstReader.get(operand) ?? at));
    }
  }
  const members = segments.map((): Op[] => []);
  for (const op of ops) members[indexOf.get(op) ?? 0]?.push(op);
  return segments.map((segment, i) => ({ ...segment, ops: members[i] ?? [] }));
}
