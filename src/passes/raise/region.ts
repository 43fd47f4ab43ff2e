import type { Op, Value } from "../../ir/graph.js";
import { isIntegerType } from "../../ir/types.js";
import type { Dataflow } from "./dataflow.js";
import { mismatch, nameOf } from "./mismatch.js";
import type { FoundModule } from "./raised.js";

/** A chain that makes a shape is short; a longer one stays, unread. */
const MOST_SHAPE_OPS = 64;

/**
 * The ops that a found module replaces, with its last op: those that nothing outside of them reads, and those
 * that only made their shapes. A pooling or a layout that something else reads too may stay; an op with parameters may
 * not, because the module would then be there beside it.
 */
export function regionOf(found: FoundModule, flow: Dataflow): ReadonlySet<Op> {
  const { last, module } = found;
  const { region, kept } = ownOps(last, [...found.ops, ...shapeOps(found.ops, flow)], flow);
  const sources = new Set<Value | undefined>(module.parameters.map(({ source }) => source));
  const [first] = kept;
  if (first !== undefined && kept.some(({ op }) => op.operands.some((operand) => sources.has(operand)))) {
    const reader =
      first.reader === "output" ? "is an output of the graph" : `is read by ${nameOf(first.reader)} too`;
    mismatch(first.op, `its result ${reader}`);
  }
  return region;
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

/** The ops that compute shapes for ops of a module: they work on integers, back to the tensor whose shape they take. */
function shapeOps(ops: readonly Op[], flow: Dataflow): ReadonlySet<Op> {
  const found = new Set<Op>();
  const open = ops.flatMap((op) => op.operands);
  for (let value = open.pop(); value !== undefined && found.size < MOST_SHAPE_OPS; value = open.pop()) {
    const op = isIntegerType(value.type.dtype) ? flow.producer(value) : undefined;
    if (op === undefined || found.has(op)) continue;
    found.add(op);
    open.push(...op.operands);
  }
  return found;
}
