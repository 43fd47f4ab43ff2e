import {
  measuredError,
  type OutputError,
  ROUNDOFF,
  type RoundedArithmetic,
  type RoundedRun,
} from "../runtime/rounding-error.js";
import type { Session } from "../runtime/session.js";
import { feedsOf, movedBy, type Run } from "./numbers.js";

/** Runs of the model with moved inputs. */
const RUNS = 4;

/**
 * What rounding does to the outputs of a model that only ONNX Runtime can run: how far they move when each number of the
 * inputs is rounded to a neighbour, which makes every sum after it round otherwise. Of a coarser arithmetic than float32
 * three things are known: what its neighbours of the inputs do; that it rounds so many times as coarsely wherever float32 does; and
 * what its neighbours of the weights do, where they are rounded too: `others` are the model with such weights (`coarseWeights`).
 * Of a model that is in that arithmetic already (`isCoarse`) the first says all: its own sums round as coarsely in these runs.
 */
export async function modelErrors(
  session: Session,
  inputs: Run,
  arithmetic: RoundedArithmetic,
  {
    isCoarse = false,
    others = [],
  }: { readonly isCoarse?: boolean; readonly others?: readonly Session[] } = {},
): Promise<ReadonlyMap<string, OutputError>> {
  const exact = await session.run(feedsOf(inputs));
  const runs = new Map<string, RoundedRun[]>([...exact.keys()].map((name) => [name, []]));
  const { float32, [arithmetic]: own } = ROUNDOFF;
  const steps = own === float32 || isCoarse ? [own.unit] : [float32.unit, own.unit];
  for (const step of steps) {
    for (let i = 0; i < RUNS; i++) {
      const moved = await session.run(feedsOf(movedBy(session.inputs, inputs, 2 * step, i)));
      for (const [name, { dims, data }] of exact) {
        const numbers = moved.get(name)?.data ?? [];
        const rounded = data.map((x, k) => {
          const y = numbers[k] as number;
          return Number.isFinite(x) ? x + (own.unit / step) * (y - x) : y;
        });
        runs.get(name)?.push({ dims, exact: data, rounded });
      }
    }
  }
  for (const other of others) {
    const moved = await other.run(feedsOf(inputs));
    for (const [name, { dims, data }] of exact)
      runs.get(name)?.push({ dims, exact: data, rounded: moved.get(name)?.data ?? [] });
  }
  return new Map([...runs].map(([name, each]) => [name, measuredError(each, arithmetic)]));
}
