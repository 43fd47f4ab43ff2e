import { defined } from "../../base/defined.js";
import { largestDifference } from "../../base/distance.js";
import type { Tolerance } from "../../runtime/compare.js";
import { grownError, measuredError, type OutputError, ROUNDOFF } from "../../runtime/rounding-error.js";
import type { NumberTensor, Session } from "../../runtime/session.js";
import { modelErrors } from "../../trials/model-errors.js";
import { feedsOf, isFloat, movedBy, type Run, randomInputs } from "../../trials/numbers.js";
import { fixedBatch, type Interface, type Outputs } from "../../trials/outputs.js";
import type { Reference } from "../../trials/reference-runs.js";
import { unstableNumbers } from "../../trials/unstable-numbers.js";

/** What is measured of each output, by name. */
export interface MeasuredOutputs {
  /** What rounding does to it in a batch of the first images. */
  errors(batch: number): ReadonlyMap<string, OutputError>;
  /** How far it moves from one image to another. */
  readonly responses: ReadonlyMap<string, number>;
  /** Of an output of whole numbers that are compared one by one: how many of a batch rounding alone changes; undefined for other outputs. */
  unstable(output: string, batch: number): number | undefined;
}

/** Runs of each image with moved inputs. */
const MOVED_RUNS = 2;

/**
 * The reference's measurements, which are those of the first image. One image may be worse conditioned than another, so that for a batch the
 * errors grow as the response to moved inputs does, of the first model. What the reference can't say is measured on the model that the
 * others are compared with.
 */
export async function measuredOn(
  reference: Reference | undefined,
  candidates: readonly { readonly session: Session }[],
  { inputs }: Interface,
  images: number,
  seed: number,
  { precision }: Tolerance,
  isCoarse?: boolean,
): Promise<MeasuredOutputs> {
  const [first, last] = [candidates[0]?.session, candidates.at(-1)?.session];
  if (first === undefined || last === undefined) {
    return { errors: () => new Map(), responses: new Map(), unstable: () => undefined };
  }
  const lot = fixedBatch(first) ?? fixedBatch({ inputs }) ?? 1;
  const lots = Math.max(2, Math.ceil(images / lot));
  const given = Array.from({ length: lots }, (_, i) => randomInputs(inputs, lot, seed, i * lot));
  const [base = new Map()] = given;
  const errors = reference?.errors ?? (await modelErrors(last, base, precision, defined({ isCoarse })));
  const runs: ReadonlyMap<string, NumberTensor>[] = [];
  for (const each of given) runs.push(await first.run(feedsOf(each)));
  const outputs = runs.map((run): Outputs => new Map([...run].map(([name, { data }]) => [name, data])));
  const whole = first.outputs.filter(({ dtype }) => isLabel(dtype, reference)).map(({ name }) => name);
  const unstable: ReadonlyMap<string, number>[] = [];
  for (const [i, each] of whole.length === 0 ? [] : given.entries())
    unstable.push(await unstableNumbers(first, each, outputs[i] ?? new Map(), whole, precision));
  const moves: ReadonlyMap<string, OutputError>[] = [];
  for (const [i, each] of images > lot ? given.entries() : [])
    moves.push(await movesOf(first, each, runs[i] ?? new Map()));
  const [one = new Map(), two = new Map()] = outputs;
  return {
    unstable(output, batch) {
      if (!whole.includes(output)) return undefined;
      const lots = Math.max(1, Math.ceil(batch / lot));
      const steps = lots * (reference?.unstable.get(output) ?? 0);
      return unstable.slice(0, lots).reduce((sum, each) => sum + (each.get(output) ?? 0), steps);
    },
    errors: (batch) =>
      new Map(
        [...errors].map(([name, error]) => [
          name,
          grownError(
            error,
            moves.slice(0, Math.ceil(batch / lot)).flatMap((each) => each.get(name) ?? []),
          ),
        ]),
      ),
    responses:
      reference !== undefined && reference.responses.size > 0
        ? reference.responses
        : new Map([...one].map(([name, numbers]) => [name, largestDifference(numbers, two.get(name) ?? [])])),
  };
}

/** Whole numbers that are compared one by one; steps of a quantised network are compared as what they stand for. */
function isLabel(dtype: string, reference: Reference | undefined): boolean {
  const isStep = /^u?int8$/.test(dtype) && (reference?.unstable.size ?? 0) > 0;
  return !isFloat(dtype) && !isStep;
}

/** How far each output moves with inputs that are rounded to a neighbour. `exact`: the outputs for the inputs as they are. */
async function movesOf(
  session: Session,
  inputs: Run,
  exact: ReadonlyMap<string, NumberTensor>,
): Promise<ReadonlyMap<string, OutputError>> {
  const moved: ReadonlyMap<string, NumberTensor>[] = [];
  for (let i = 0; i < MOVED_RUNS; i++)
    moved.push(await session.run(feedsOf(movedBy(session.inputs, inputs, 2 * ROUNDOFF.float32.unit, i))));
  return new Map(
    [...exact].map(([name, { dims, data }]) => {
      const runs = moved.map((run) => ({ dims, exact: data, rounded: run.get(name)?.data ?? [] }));
      return [name, measuredError(runs, "float32")];
    }),
  );
}
