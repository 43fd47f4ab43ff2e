import { largestDifference } from "../../base/distance.js";
import type { Tolerance } from "../../runtime/compare.js";
import { type OutputError, ROUNDOFF, scaledError } from "../../runtime/rounding-error.js";
import type { Session } from "../../runtime/session.js";
import { modelErrors } from "../../trials/model-errors.js";
import { imageOf, movedBy, type Run, randomInputs } from "../../trials/numbers.js";
import { fixedBatch, type Interface, type Outputs, runWith } from "../../trials/outputs.js";
import type { Reference } from "../../trials/reference-runs.js";

/** What is measured of each output, by name. */
export interface MeasuredOutputs {
  /** What rounding does to it in a batch of the first images. */
  errors(batch: number): ReadonlyMap<string, OutputError>;
  /** How far it moves from one image to another. */
  readonly responses: ReadonlyMap<string, number>;
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
): Promise<MeasuredOutputs> {
  const [first, last] = [candidates[0]?.session, candidates.at(-1)?.session];
  if (first === undefined || last === undefined) return { errors: () => new Map(), responses: new Map() };
  const lot = fixedBatch(first) ?? 1;
  const lots = Math.max(2, Math.ceil(images / lot));
  const all = randomInputs(inputs, lots * lot, seed);
  const given = Array.from({ length: lots }, (_, i) => imageOf(all, i, lot));
  const [base = new Map()] = given;
  const errors = reference?.errors ?? (await modelErrors(last, base, precision));
  const outputs: Outputs[] = [];
  for (const each of given) outputs.push(await runWith(first, each));
  const moves: ReadonlyMap<string, number>[] = [];
  if (images > lot)
    for (const [i, each] of given.entries()) moves.push(await movesOf(first, each, outputs[i] ?? new Map()));
  const [one = new Map(), two = new Map()] = outputs;
  return {
    errors: (batch) =>
      new Map(
        [...errors].map(([name, error]) => {
          const sizes = moves.slice(0, Math.ceil(batch / lot)).map((each) => each.get(name) ?? 0);
          const least = sizes[0] ?? 0;
          const growth = Math.max(...sizes) / least;
          return [name, Number.isFinite(growth) ? scaledError(error, growth) : error];
        }),
      ),
    responses:
      reference !== undefined && reference.responses.size > 0
        ? reference.responses
        : new Map([...one].map(([name, numbers]) => [name, largestDifference(numbers, two.get(name) ?? [])])),
  };
}

/** How far each output moves with inputs that are rounded to a neighbour, as a part of its size; not less than its own rounding. */
async function movesOf(
  session: Session,
  inputs: Run,
  outputs: Outputs,
): Promise<ReadonlyMap<string, number>> {
  const { unit } = ROUNDOFF.float32;
  const moves = new Map([...outputs].map(([name]) => [name, unit]));
  for (let i = 0; i < MOVED_RUNS; i++) {
    for (const [name, numbers] of await runWith(session, movedBy(inputs, 2 * unit, i))) {
      const exact = outputs.get(name) ?? [];
      const size = largestDifference(exact, new Float64Array(exact.length));
      const moved = largestDifference(exact, numbers);
      moves.set(name, Math.max(moves.get(name) ?? 0, moved === 0 ? 0 : moved / size));
    }
  }
  return moves;
}
