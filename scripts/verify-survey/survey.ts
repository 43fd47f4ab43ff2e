import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../src/files/package.js";
import { exportPublished, publishedNames } from "../torchvision/networks.js";
import type { Case } from "./cases.js";
import { judgeMutant, mutantOfSpec } from "./mutants.js";
import { startOnOneThread } from "./one-thread.js";
import { verifySpec } from "./specs.js";
import { summarize } from "./summary.js";
import { verifyFile } from "./verify-file.js";

/*
 * Surveys what `ecagen verify` says of right networks and of wrong ones: docs/verify-survey.md says how, and what came out.
 *
 *     npm run verify-survey -- --specs 2000 --mutants 500 --networks all --network-mutants 5
 *
 * Each case is a line of the file --log as soon as it is known; a run that was ended goes on from there with --resume.
 * --write keeps the result as docs/verification-survey.json.
 */

const { values } = parseArgs({
  options: {
    specs: { type: "string", default: "2000" },
    mutants: { type: "string", default: "500" },
    networks: { type: "string", default: "all" },
    "network-mutants": { type: "string", default: "5" },
    log: { type: "string", default: join(tmpdir(), "verify-survey.jsonl") },
    resume: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
  },
});

const RESULT = join(packageRoot(), "docs", "verification-survey.json");

/** Networks whose evaluation takes minutes: they get one image and one mutant. */
const LARGE = ["alexnet", "vgg11_bn"];

/** One line of the log: a piece of work, and what came out. */
interface Done {
  readonly work: string;
  readonly cases: readonly Case[];
}

const { log } = values;
if (!values.resume) rmSync(log, { force: true });
const done: Done[] = existsSync(log) ? linesOf(readFileSync(log, "utf8")) : [];
const folder = mkdtempSync(join(tmpdir(), "verify-survey-"));
const runtime = await startOnOneThread();
try {
  for (let seed = 0; seed < numberOf("specs"); seed++) {
    await once(`spec ${seed}`, async () => [await verifySpec(runtime, seed, folder)]);
  }
  for (let seed = 0; seed < numberOf("mutants"); seed++) {
    await once(`mutant of spec ${seed}`, () => mutantOfSpec(runtime, seed, folder));
  }
  const names = values.networks === "all" ? publishedNames() : values.networks.split(",");
  for (const name of names) {
    if (name !== "none") await once(`network ${name}`, () => network(name));
  }
} finally {
  runtime.close();
  rmSync(folder, { recursive: true, force: true });
}
const text = `${JSON.stringify(summarize(done.flatMap(({ cases }) => cases)), null, 2)}\n`;
process.stdout.write(text);
if (values.write) writeFileSync(RESULT, text);

function numberOf(option: "specs" | "mutants" | "network-mutants"): number {
  const text = values[option];
  if (!/^\d+$/.test(text)) throw new RangeError(`--${option} takes a number from 0 on, got ${text}`);
  return Number(text);
}

function linesOf(text: string): Done[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Done);
}

/** Does a piece of work unless the log has it. */
async function once(work: string, act: () => Promise<readonly Case[]>): Promise<void> {
  if (done.some((each) => each.work === work)) return;
  const line: Done = { work, cases: await act().catch((error: Error) => [failed(work, error)]) };
  done.push(line);
  appendFileSync(log, `${JSON.stringify(line)}\n`);
  for (const each of line.cases) {
    if (each.part === "mutant" || ("said" in each && each.said === "right")) continue;
    process.stderr.write(`${work}: ${JSON.stringify(each)}\n`);
  }
}

function failed(work: string, { name, message }: Error): Case {
  return { part: "failed", work, why: `${name}: ${message}` };
}

/** The files of a network of torchvision, and mutants of them in turn. */
async function network(name: string): Promise<readonly Case[]> {
  const isLarge = LARGE.includes(name);
  const options = { seed: 1, batches: isLarge ? [1] : [1, 2], runtime };
  const { files, refused } = exportPublished(name, folder);
  const cases: Case[] = refused.map((each) => ({ part: "refused", by: "PyTorch", ...each }));
  try {
    const taken: string[] = [];
    for (const file of files) {
      const judged = await verifyFile(file, options);
      cases.push(judged);
      if (judged.part === "file") taken.push(file);
    }
    const mutants = taken.length === 0 ? 0 : isLarge ? 1 : numberOf("network-mutants");
    for (let number = 0; number < mutants; number++) {
      const file = taken[number % taken.length] as string;
      const judged = await judgeMutant(file, basename(file, ".onnx"), number, options);
      if (judged !== undefined) cases.push(judged);
    }
    return cases;
  } finally {
    for (const file of files) rmSync(file);
  }
}
