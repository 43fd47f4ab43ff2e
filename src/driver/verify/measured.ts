import type { Tolerance } from "../../runtime/compare.js";
import type { Session } from "../../runtime/session.js";
import { modelErrors } from "../model-errors.js";
import { imageOf, randomInputs } from "../numbers.js";
import { fixedBatch, type Interface, runWith } from "../outputs.js";
import { largestDifference, type Reference } from "../reference-runs.js";

/** What is measured of each output, by name: what rounding does to it, and how far it moves with the input. */
export type Measured = Pick<Reference, "errors" | "responses">;

/**
 * The reference's measurements; what it can't say is measured on the model that the others are compared with, of the first
 * two images.
 */
export async function measuredOn(
  reference: Reference | undefined,
  candidates: readonly { readonly session: Session }[],
  { inputs }: Interface,
  seed: number,
  { precision }: Tolerance,
): Promise<Measured> {
  const session = candidates.at(-1)?.session;
  if (session === undefined) return { errors: new Map(), responses: new Map() };
  const batch = fixedBatch(session) ?? 1;
  const images = randomInputs(inputs, 2 * batch, seed);
  const first = imageOf(images, 0, batch);
  const errors = reference?.errors ?? (await modelErrors(session, first, precision));
  if (reference !== undefined && reference.responses.size > 0)
    return { errors, responses: reference.responses };
  const [one, two] = [await runWith(session, first), await runWith(session, imageOf(images, 1, batch))];
  const responses = new Map(
    [...one].map(([name, numbers]) => [name, largestDifference(numbers, two.get(name) ?? [])]),
  );
  return { errors, responses };
}
