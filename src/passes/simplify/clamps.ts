import type { Op } from "../../ir/graph.js";
import type { SimplifyContext } from "./simplification.js";

const CLAMPS: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>(["clip", "max", "min", "relu6"]);
const AFFINE: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>(["add", "div", "mul", "sub"]);

/** Longer chains are no activation. */
const MOST_STEPS = 4;

/**
 * Whether an op by a number is a part of an activation as exporters write it, `max(0, min(1, x / 6 + 1/2))`: the chain of ops
 * behind it, each by a number or a ReLU, and read once, ends in a clamp.
 */
export function endsInClamp(op: Op, context: SimplifyContext): boolean {
  let current = op;
  for (let step = 0; step < MOST_STEPS; step++) {
    if (current.kind !== "relu" && !(AFFINE.has(current.kind) && isByNumber(current))) return false;
    const [result] = current.results;
    const [reader, ...more] = result === undefined ? [] : context.readersOf(result);
    if (reader === undefined || more.length > 0) return false;
    if (CLAMPS.has(reader.kind)) return true;
    current = reader;
  }
  return false;
}

function isByNumber({ operands }: Op): boolean {
  return operands.some(({ kind, type }) => kind === "parameter" && type.dims.every((size) => size === 1));
}
