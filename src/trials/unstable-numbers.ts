import type { Graph, Op } from "../ir/graph.js";
import { ROUNDOFF, type RoundedArithmetic } from "../runtime/rounding-error.js";
import type { Session } from "../runtime/session.js";
import { movedBy, type Run } from "./numbers.js";
import { type Outputs, runWith } from "./outputs.js";

/** Runs with moved inputs. */
const RUNS = 8;

/**
 * How many times as coarse as the arithmetic they are moved: what arithmetic decides otherwise is to be decided otherwise here too. A network of a hundred
 * layers rounds as often, and the roundings add up as the root of their number; outputs are right up to ten times that.
 */
const COARSER = 128;

/** The outputs of a model when each number of the inputs is moved by some roundings, in some runs. */
async function* movedOutputs(
  session: Session,
  inputs: Run,
  arithmetic: RoundedArithmetic,
): AsyncIterable<Outputs> {
  const part = COARSER * ROUNDOFF[arithmetic].unit;
  for (let i = 0; i < RUNS; i++) yield await runWith(session, movedBy(session.inputs, inputs, part, i));
}

/**
 * How many whole numbers of each output, such as labels and indexes, are others when each number of the inputs is moved by some roundings: those that
 * hang on a near-tie. Infinite for an output that then has more or fewer numbers.
 */
export async function unstableNumbers(
  session: Session,
  inputs: Run,
  outputs: Outputs,
  names: readonly string[],
  arithmetic: RoundedArithmetic,
): Promise<ReadonlyMap<string, number>> {
  const changed = new Map(names.map((name) => [name, new Set<number>()]));
  const counts = new Map<string, number>();
  for await (const moved of movedOutputs(session, inputs, arithmetic)) {
    for (const [name, found] of changed) {
      const [exact, other] = [outputs.get(name) ?? [], moved.get(name) ?? []];
      if (exact.length !== other.length) counts.set(name, Number.POSITIVE_INFINITY);
      for (let k = 0; k < exact.length; k++) if (!Object.is(exact[k], other[k])) found.add(k);
    }
  }
  return new Map([...changed].map(([name, found]) => [name, counts.get(name) ?? found.size]));
}

/** Ops and operators that choose by comparing numbers, so that a near-tie decides what all that follows is. */
const SELECTING: ReadonlySet<string> = new Set([
  ...["top_k", "nonzero", "non_max_suppression"],
  ...["TopK", "NonZero", "NonMaxSuppression", "ArgMax", "ArgMin", "Unique", "Compress", "Hardmax"],
]);

function selects(op: Op): boolean {
  return SELECTING.has(op.kind === "opaque" ? op.attributes.operator : op.kind);
}

/** Whether a network chooses anything by its numbers. */
export function hasSelections(graph: Graph): boolean {
  return graph.ops.some(selects);
}

/**
 * What a selection decides when each number of the inputs is moved by some roundings: why an output that `differs` from what it was
 * is no sign of a mistake. Undefined where it stays what it is.
 */
export async function unstableSelection(
  session: Session,
  inputs: Run,
  output: string,
  arithmetic: RoundedArithmetic,
  differs: (exact: ArrayLike<number>, moved: ArrayLike<number>) => boolean,
): Promise<string | undefined> {
  const exact = (await runWith(session, inputs)).get(output) ?? [];
  for await (const moved of movedOutputs(session, inputs, arithmetic)) {
    const other = moved.get(output) ?? [];
    if (other.length !== exact.length) return "rounding alone changes how many there are";
    if (differs(exact, other)) return "rounding alone changes which are selected, or in which order";
  }
  return undefined;
}
