import type { Op, Value } from "../../ir/graph.js";
import { isIntegerType } from "../../ir/types.js";
import type { Anchor } from "./anchor.js";
import type { Dataflow } from "./dataflow.js";
import { mismatch, nameOf } from "./mismatch.js";
import { isDequantization } from "./normal/quantizations.js";
import type { RaisedParameter } from "./weights.js";

/** More ops than any module is made of, with those that make its shapes; others stay, unread. */
const MOST_OPS = 256;

/** What becomes one op. */
export interface Region {
  readonly region: ReadonlySet<Op>;
  /** Whether some of it is computed in whole steps, which the op does without. */
  readonly isQuantized: boolean;
}

/**
 * The ops that a module replaces, with the last of them: those between its map and its result that nothing
 * outside of them reads, and those that only made their shapes. A pooling or a layout that something else reads too may
 * stay; an op with parameters of the module may not, because the module would then be there beside it.
 */
export function regionOf(
  { last, maps }: Anchor,
  parameters: readonly RaisedParameter[],
  flow: Dataflow,
): Region {
  const between = opsBetween(last, maps, flow);
  const { region, kept } = ownOps(last, between, flow);
  const sources = new Set<Value | undefined>(parameters.map(({ source }) => source));
  const [first] = kept;
  if (first !== undefined && kept.some(({ op }) => op.operands.some((operand) => sources.has(operand)))) {
    const reader =
      first.reader === "output" ? "is an output of the graph" : `is read by ${nameOf(first.reader)} too`;
    mismatch(first.op, `its result ${reader}`);
  }
  return { region, isQuantized: between.some((op) => isInSteps(op, maps, flow)) };
}

/** Whether an op gives whole steps their numbers again, other than those of the map and of a weight. */
function isInSteps(op: Op, [map]: Anchor["maps"], flow: Dataflow): boolean {
  const [steps] = op.operands;
  const own = flow.producer(map.value);
  const isOfMap = isDequantization(own) && own.operands[0] === steps;
  return isDequantization(op) && steps?.kind !== "parameter" && !isOfMap;
}

/** The ops that an op's result follows from, back to the values that are the map, and for shapes to whose shape they take. */
function opsBetween(last: Op, [map, ...others]: Anchor["maps"], flow: Dataflow): readonly Op[] {
  const isOther = (value: Value | undefined): boolean => others.some((other) => other.value === value);
  const found = new Set([last]);
  const open = [...last.operands];
  for (let value = open.pop(); value !== undefined && found.size < MOST_OPS; value = open.pop()) {
    const op = value === map.value ? undefined : flow.producer(value);
    if (op === undefined || found.has(op)) continue;
    found.add(op);
    const isShape = isIntegerType(value.type.dtype);
    const follows = (operand: Value): boolean => {
      if (isShape) return isIntegerType(operand.type.dtype);
      // What is the map as well, in another layout, is followed to the map and no further.
      return !isOther(op.results[0]) || operand === map.value || isOther(operand);
    };
    open.push(...op.operands.filter(follows));
  }
  return [...found];
}

/** An op that something outside of a region reads too. */
interface KeptOp {
  readonly op: Op;
  readonly reader: Op | "output";
}

/** Of some ops the ones that nothing reads but themselves and the last of them, which is one of them; and the others. */
export function ownOps(
  last: Op,
  ops: readonly Op[],
  flow: Dataflow,
): { readonly region: ReadonlySet<Op>; readonly kept: readonly KeptOp[] } {
  const region = new Set([last, ...ops]);
  const kept: KeptOp[] = [];
  // What stays may read others of the region, so it is asked until nothing changes.
  for (let changed = true; changed; ) {
    changed = false;
    for (const op of region) {
      const reader = op === last ? undefined : readerOutside(op, region, flow);
      if (reader === undefined) continue;
      region.delete(op);
      kept.push({ op, reader });
      changed = true;
    }
  }
  return { region, kept };
}

function readerOutside(op: Op, region: ReadonlySet<Op>, flow: Dataflow): Op | "output" | undefined {
  for (const result of op.results) {
    if (flow.isOutput(result)) return "output";
    const reader = flow.readers(result).find((each) => !region.has(each));
    if (reader !== undefined) return reader;
  }
  return undefined;
}
