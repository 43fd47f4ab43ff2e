import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { InputError } from "../../src/base/diagnostic.js";
import { randomStream } from "../../src/base/random.js";
import { compile } from "../../src/driver/compile/compile.js";
import { verify } from "../../src/driver/verify/verify.js";
import { decodeModel } from "../../src/files/models/open.js";
import { formatType } from "../../src/ir/types.js";
import { ModelProto } from "../../src/onnx/file/proto.js";
import type { Runtime } from "../../src/runtime/session.js";
import type { MutantCase } from "./cases.js";
import { type Movement, movement } from "./movement.js";
import { MUTATION_KINDS, MUTATIONS, type MutationKind, victimOf } from "./mutations.js";
import { outcomeOf } from "./outcome.js";
import { writeSpec } from "./specs.js";

/** How often another change is tried where a file has no place for one, or ONNX Runtime refuses the result. */
const MOST_TRIES = 40;

/** What is added to the seed of `verify`'s images for others. */
const ELSEWHERE = 1_000_000;

/** How files are verified: `runtime` runs already, `seed` is that of the images. */
export interface MutantOptions {
  readonly runtime: Runtime;
  readonly seed: number;
  readonly batches: readonly number[];
}

/**
 * Changes one thing in a right file, measures how far that moves its outputs, and lets `verify` compare the two.
 * Undefined where no change was found that ONNX Runtime takes.
 *
 * @param number of the mutant: each of a file is another one
 */
export async function judgeMutant(
  file: string,
  of: string,
  number: number,
  options: MutantOptions,
): Promise<MutantCase | undefined> {
  const original = readFileSync(file);
  const mutant = await changed(original, file, `${of} ${number}`, options);
  if (mutant === undefined) return undefined;
  const path = join(dirname(file), `${basename(file, ".onnx")}-mutant.onnx`);
  writeFileSync(path, mutant.bytes);
  const report = await verify(file, { ...options, against: path });
  rmSync(path);
  const withReference = report.comparisons.filter(({ a }) => a === "reference");
  const ofOriginal = withReference.filter(({ b }) => b.startsWith(`${file} `));
  const [here, elsewhere] = mutant.movements;
  const inTolerances = (movement: Movement | undefined): number | null => {
    const parts = ofOriginal
      .filter(({ weights }) => weights === "own weights")
      // Where float32 can't hold the numbers, nothing tells how far is too far.
      .filter(({ tolerance }) => Number.isFinite(tolerance))
      .map(({ output, tolerance }) => (movement?.get(output) ?? 0) / tolerance);
    const most = Math.max(0, ...parts);
    return Number.isFinite(most) ? most : null;
  };
  return {
    part: "mutant",
    of,
    kind: mutant.kind,
    change: mutant.change,
    moved: inTolerances(here),
    movedElsewhere: inTolerances(elsewhere),
    seen: withReference.some((each) => each.b.startsWith(`${path} `) && each.verdict === "wrong"),
    original: ofOriginal.some(({ verdict }) => verdict === "wrong") ? "wrong" : "right",
    ...outcomeOf(report),
  };
}

/** A changed file of the random spec of a seed; every second one has stress weights, as if it were trained. */
export async function mutantOfSpec(
  runtime: Runtime,
  seed: number,
  folder: string,
): Promise<readonly MutantCase[]> {
  const output = join(folder, `spec-${seed}.onnx`);
  const passes = seed % 2 === 0 ? undefined : "stress-weights";
  const spec = writeSpec(seed, folder);
  await compile(spec, { output, seed, passes });
  const judged = await judgeMutant(output, `spec ${seed}`, 0, { runtime, seed, batches: [1, 3] });
  for (const file of [spec, output]) rmSync(file);
  return judged === undefined ? [] : [judged];
}

interface Mutant {
  readonly bytes: Uint8Array;
  readonly kind: MutationKind;
  readonly change: string;
  /** With the images of `verify`, and with others. */
  readonly movements: readonly Movement[];
}

/** A changed file that ONNX Runtime takes. */
async function changed(
  original: Uint8Array,
  file: string,
  name: string,
  { runtime, seed, batches }: MutantOptions,
): Promise<Mutant | undefined> {
  const types = valueTypes(original, file);
  const unchanged = ModelProto.encode(ModelProto.decode(original)).finish();
  for (let attempt = 0; attempt < MOST_TRIES; attempt++) {
    const random = randomStream(attempt, name);
    const kind = MUTATION_KINDS[Math.floor(random.uniform(0, MUTATION_KINDS.length))] as MutationKind;
    const model = ModelProto.decode(original);
    const change = MUTATIONS[kind](victimOf(model, types, random));
    if (change === undefined) continue;
    const bytes = ModelProto.encode(model).finish();
    if (Buffer.compare(bytes, unchanged) === 0) continue;
    try {
      const movements = await movement(runtime, original, bytes, {
        seeds: [seed, seed + ELSEWHERE],
        images: Math.max(...batches),
      });
      return { bytes, kind, change, movements };
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
  return undefined;
}

/** The types of the values that a file's nodes compute, by name. */
function valueTypes(bytes: Uint8Array, file: string): ReadonlyMap<string, string> {
  const { graph } = decodeModel(bytes, file);
  return new Map(
    graph.ops.flatMap(({ results }) => results.map(({ name, type }) => [name, formatType(type)])),
  );
}
