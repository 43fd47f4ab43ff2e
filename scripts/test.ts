import { spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { sep } from "node:path";
import type { Readable } from "node:stream";
import { parseArgs } from "node:util";
import { isOutdated } from "./test/built.js";
import type { FileResult } from "./test/result.js";
import { batchesOf } from "./test-batches.js";

/**
 * Runs the tests, longest first, in as many processes at a time as there are processors. What a process
 * prints comes out whole when it ends. Arguments are parts of file names; without any, all tests run.
 *
 * A file whose tests did not all run fails: uvu itself is silent about hooks that throw and processes that end early.
 */
const { values, positionals: wanted } = parseArgs({
  allowPositionals: true,
  options: {
    folder: { type: "string", default: "test" },
    /** Each file in a process of its own. */
    apart: { type: "boolean", default: false },
    /** A test that is skipped fails: everything that tests need is here. */
    "no-skips": { type: "boolean", default: false },
  },
});

const { folder } = values;
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll(sep, "/"))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

const batches = values.apart ? files.map((file) => [file]) : [...batchesOf(files)];

const results: FileResult[] = [];
const skips = new Set<string>();

/** Runs one batch; resolves when its process has ended. */
function run(batch: readonly string[]): Promise<void> {
  const paths = batch.map((file) => `${folder}/${file}`);
  const tests = spawn(process.execPath, ["--import", "tsx", "scripts/test/batch.ts", ...paths], {
    stdio: ["ignore", "pipe", "pipe", "pipe"],
    env: { ...process.env, FORCE_COLOR: "1" },
  });
  const [, stdout, stderr, reports] = tests.stdio as readonly Readable[];
  const printed: Buffer[] = [];
  for (const stream of [stdout, stderr]) stream?.on("data", (data: Buffer) => printed.push(data));
  let lines = "";
  reports?.setEncoding("utf8").on("data", (text: string) => {
    lines += text;
  });
  return new Promise((resolve) => {
    tests.on("close", (status, signal) => {
      const ended = `its process ended with ${signal ?? `exit code ${status}`}`;
      const reported = lines
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as FileResult);
      const missing = paths.slice(reported.length).map((file, i) => ({
        ...{ file, registered: 0, ran: 0, passed: 0, seconds: 0 },
        problems: [i === 0 ? `${ended} before its tests were over` : "the process ended before it began"],
      }));
      const last = reported.at(-1);
      if (status !== 0 && missing.length === 0 && !reported.some(isBad))
        last?.problems.push(`${ended} after its tests`);
      results.push(...reported, ...missing);
      const text = Buffer.concat(printed);
      for (const [line] of text.toString().matchAll(/!!! SKIPPED.*/g)) skips.add(line);
      process.stdout.write(text, () => resolve());
    });
  });
}

function isBad({ registered, passed, problems }: FileResult): boolean {
  return passed !== registered || problems.length > 0;
}

/** How many files are said to be the slowest. */
const SLOWEST = 25;

/** Takes batches until none is left. */
async function work(): Promise<void> {
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) await run(batch);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0);
}

/** The programs in dist/ are run by many tests, ONNX Runtime's process by those of the library too. */
function buildPrograms(): boolean {
  process.stderr.write("dist/ is older than src/: building it\n");
  return (
    spawnSync(process.execPath, ["--import", "tsx", "scripts/build.ts", "--keep-types"], { stdio: "inherit" })
      .status === 0
  );
}

if (files.length === 0) {
  process.stderr.write(`no test file has ${wanted.join(" or ")} in its name\n`);
  process.exitCode = 1;
} else if (isOutdated(".") && !buildPrograms()) {
  process.exitCode = 1;
} else {
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  const bad = results.filter(isBad);
  if (bad.length > 0) process.stdout.write("\nWhat failed:\n");
  for (const { file, registered, passed, problems } of bad) {
    if (passed !== registered) process.stdout.write(`${file}: ${passed} of ${registered} tests passed\n`);
    for (const problem of problems) process.stdout.write(`${file}: ${problem}\n`);
  }
  const refused = values["no-skips"] ? skips.size : 0;
  if (refused > 0)
    process.stdout.write(`\n${[...skips].join("\n")}\nwhat they need should be here: no test may be skipped`);
  if (results.length > SLOWEST) {
    const slowest = results.toSorted((a, b) => b.seconds - a.seconds).slice(0, SLOWEST);
    const texts = slowest.map(({ file, seconds }) => `${file} ${seconds.toFixed()}`);
    process.stdout.write(`\nThe slowest files, in seconds: ${texts.join(", ")}\n`);
  }
  const passed = sum(results.map((each) => each.passed));
  const total = sum(results.map(({ registered, problems }) => registered + problems.length)) + refused;
  process.stdout.write(`\n  Total:     ${total}\n  Passed:    ${passed}\n  Skipped:   ${skips.size}\n`);
  process.exitCode = passed === total ? 0 : 1;
}
