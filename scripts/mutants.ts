import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Ended, TreeCopy } from "./mutants/copy.js";
import { importsOf, startingPrograms } from "./mutants/imports.js";
import { chooseMutants, type Mutant, relocated } from "./mutants/mutants.js";
import { allResults, appendResult, lastResults, type Outcome, type Result } from "./mutants/result.js";
import { GENERATE, testsOf } from "./mutants/test-order.js";

/*
 * Changes the program in small ways, one at a time and in a copy of the tree, and runs the tests that load the changed
 * file until one fails. A mutant that no test fails on is a hole in the tests, or changes nothing that can be seen.
 *
 *     node --import tsx scripts/mutants.ts --seed 1 --count 60
 *     node --import tsx scripts/mutants.ts --seed 1 --again       runs those that survived once more, with all tests
 *     node --import tsx scripts/mutants.ts --seed 1 --again --numbers 14 test/ir/text.test.ts     with those tests
 *
 * Results are appended to --results; a run that was cut off goes on after the last. docs/mutation.md has the last ones.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "60" },
    /** Mutates only files with this part in their path. */
    only: { type: "string", default: "" },
    results: { type: "string" },
    /** The most test files for a mutant. */
    tests: { type: "string", default: "1000" },
    /** Seconds for a process of tests; one that hangs is killed then, and so is the mutant. */
    seconds: { type: "string", default: "600" },
    again: { type: "boolean", default: false },
    /** With --again, the numbers of those that are meant, as 3,14; all when left out. */
    numbers: { type: "string" },
  },
});
const seed = Number(values.seed);
const path = values.results ?? `scripts/mutants/results/seed-${seed}.jsonl`;

/** Test files of one process: few at first, since most mutants die at once, and each start takes time. */
const BATCHES = [1, 2, 4, 6];

/** Chosen at once: the working tree may change while this runs. */
const chosen = chooseMutants(
  filesIn("src").filter((file) => file.includes(values.only)),
  seed,
  // About every third doesn't compile.
  Number(values.count) * 3,
);
const imports = importsOf(["src", "test", "scripts"].flatMap(filesIn));
const starting = startingPrograms(imports);
const commit = spawnSync("git", ["rev-parse", "--short=12", "HEAD"], { encoding: "utf8" }).stdout.trim();
const copy = new TreeCopy();
/** The test files that pass without a mutant, as far as that had to be known, and those that fail here anyhow. */
const sound = new Set<string>();
const broken = new Set<string>();

try {
  await (values.again ? survivorsAgain() : firstTime(Number(values.count)));
} finally {
  rmSync(copy.folder, { recursive: true, force: true });
}
summary(lastResults(allResults(path)));

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${folder}/${file}`)
    .sort();
}

/** Tests the first `count` mutants that compile, without those that are done; the others are noted. */
async function firstTime(count: number): Promise<void> {
  const known = new Map(lastResults(allResults(path)).map((result) => [result.number, result]));
  for (const result of known.values()) {
    if (result.commit !== commit)
      throw new Error(`${path} is of ${result.commit}: go on there, or with other --results`);
  }
  const all = chosen.map((mutant, number) => ({ ...mutant, number }));
  const compiled: typeof all = [];
  while (compiled.length < count && all.length > 0) {
    const next = all.splice(0, count - compiled.length);
    const refused = await refusedByCompiler(next.filter(({ number }) => !known.has(number)));
    for (const { number, ...mutant } of refused) note(number, mutant, { outcome: "compiler", tests: [0, 0] });
    compiled.push(
      ...next.filter(
        (mutant) => !refused.includes(mutant) && known.get(mutant.number)?.outcome !== "compiler",
      ),
    );
  }
  for (const { number, ...mutant } of compiled)
    if (!known.has(number)) note(number, mutant, await tested(mutant));
}

/** Tests those that have survived once more. */
async function survivorsAgain(): Promise<void> {
  const meant = values.numbers?.split(",").map(Number);
  for (const result of lastResults(allResults(path))) {
    if (result.outcome !== "survived" || meant?.includes(result.number) === false) continue;
    const mutant = relocated(result);
    if (mutant === undefined) note(result.number, result, { outcome: "gone", tests: [0, 0] });
    else note(result.number, mutant, await tested(mutant));
  }
}

function note(
  number: number,
  { file, line, column, code, kind, before, text }: Omit<Mutant, "start" | "end">,
  found: Pick<Result, "outcome" | "by" | "tests">,
): void {
  appendResult(path, { seed, number, commit, file, line, column, code, kind, before, text, ...found });
  console.log(`${number} ${file}:${line} ${found.outcome}, ${kind}: ${before} -> ${text}  ${found.by ?? ""}`);
}

/** Compiles mutants of different files together: an error in a file is its mutant's. */
async function refusedByCompiler<M extends Mutant>(all: readonly M[]): Promise<readonly M[]> {
  const refused: M[] = [];
  let left = all;
  while (left.length > 0) {
    const round = [...new Map(left.map((mutant) => [mutant.file, mutant])).values()];
    copy.apply(round);
    const files = await copy.typeErrors();
    copy.restore();
    refused.push(...round.filter(({ file }) => files.includes(file)));
    left = left.filter((mutant) => !round.includes(mutant));
  }
  return refused;
}

async function tested(mutant: Mutant): Promise<Pick<Result, "outcome" | "by" | "tests">> {
  const all = testsOf(imports, mutant.file);
  const files = positionals.length > 0 ? positionals : all.slice(0, Number(values.tests));
  let ran = 0;
  for (let i = 0; ran < files.length; i++) {
    const size = BATCHES[Math.min(i, BATCHES.length - 1)] ?? 1;
    let batch = files.slice(ran, ran + size);
    // It has a process of its own.
    if (batch.length > 1) batch = batch.filter((file) => file !== GENERATE);
    ran += batch.length;
    for (;;) {
      batch = batch.filter((file) => !broken.has(file));
      if (batch.length === 0) break;
      const failure = await failureOf(mutant, batch);
      if (failure === undefined) break;
      // A test that fails without the mutant as well says nothing.
      if (await isSound(failure.file))
        return { outcome: failure.outcome, by: failure.by, tests: [ran, all.length] };
    }
  }
  return { outcome: "survived", tests: [ran, all.length] };
}

interface Failure {
  readonly outcome: Outcome;
  readonly by: string;
  /** The test file that failed. */
  readonly file: string;
}

async function failureOf(mutant: Mutant, files: readonly string[]): Promise<Failure | undefined> {
  copy.apply([mutant]);
  try {
    const { status, timedOut, output } = await run(files);
    if (status === 0) return undefined;
    const file = files.findLast((name) => output.includes(name)) ?? files[0] ?? "";
    const [, words = ""] = /^ *FAIL +(.*)$/m.exec(output) ?? /^(\w*Error.*)$/m.exec(output) ?? [];
    return { outcome: timedOut ? "timeout" : "killed", by: `${file}: ${words}`, file };
  } finally {
    copy.restore();
  }
}

/** Runs test files in the copy as it is now, with the programs built of it where they start one. */
async function run(files: readonly string[]): Promise<Ended> {
  const built = files.some((file) => starting.has(file)) ? await copy.build() : undefined;
  return built === undefined || built.status === 0 ? copy.test(files, Number(values.seconds)) : built;
}

/** Whether a test file passes in the copy as it is. */
async function isSound(file: string): Promise<boolean> {
  if (sound.has(file)) return true;
  const { status } = await run([file]);
  if (status === 0) sound.add(file);
  else {
    broken.add(file);
    console.warn(`${file} fails without a mutant: it is left out`);
  }
  return status === 0;
}

function summary(results: readonly Result[]): void {
  const count = (...outcomes: readonly Outcome[]): number =>
    results.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const killed = count("killed", "timeout");
  const compiled = results.length - count("compiler");
  console.log(
    `${killed} of ${compiled} killed, ${count("survived")} survived, ${count("compiler")} don't compile`,
  );
  for (const { outcome, file, line, before, text } of results) {
    if (outcome === "survived") console.log(`  ${file}:${line}\n  - ${before}\n  + ${text}`);
  }
}
