import { ROUNDOFF, type RoundedArithmetic } from "../runtime/rounding-error.js";
import type { Session } from "../runtime/session.js";
import { movedBy, type Run } from "./numbers.js";
import { type Outputs, runWith } from "./outputs.js";

/** Runs with moved inputs. */
const RUNS = 8;

/** How many times as coarse as the arithmetic they are moved: what arithmetic decides otherwise is to be decided otherwise here too. */
const COARSER = 16;

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
  const part = COARSER * ROUNDOFF[arithmetic].unit;
  for (let i = 0; i < RUNS; i++) {
    const moved = await runWith(session, movedBy(session.inputs, inputs, part, i));
    for (const [name, found] of changed) {
      const [exact, other] = [outputs.get(name) ?? [], moved.get(name) ?? []];
      if (exact.length !== other.length) counts.set(name, Number.POSITIVE_INFINITY);
      for (let k = 0; k < exact.length; k++) if (!Object.is(exact[k], other[k])) found.add(k);
    }
  }
  return new Map([...changed].map(([name, found]) => [name, counts.get(name) ?? found.size]));
}
