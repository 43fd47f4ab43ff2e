import { writeSync } from "node:fs";
import { register } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { debugging } from "../../src/base/debugging.js";

/*
 * Runs the test files of the arguments, one after the other, in this process. What became of each goes as a line of
 * JSON to file descriptor 3 when its tests are over; of a process that ends before, the line is missing. With --bail as
 * the first argument, the first file that fails is the last.
 */

/** What uvu shares with the program that runs it: with UVU_DEFER, suites wait in the group of the current index. */
interface UvuState {
  UVU_DEFER: boolean;
  UVU_INDEX: number;
  UVU_QUEUE: (() => Promise<readonly [errors: string | true, ...counts: number[]]>)[][];
}

const uvu = Object.assign(globalThis, { UVU_DEFER: true, UVU_INDEX: 0, UVU_QUEUE: [] } satisfies UvuState);
register("./uvu-hook.mjs", import.meta.url, { data: new URL("./suite.ts", import.meta.url).href });
const { collect } = await import("./suite.js");

const bail = process.argv[2] === "--bail";
debugging.throughText = process.env.ECAGEN_TEXT_ROUNDTRIP === "1";

for (const [i, file] of process.argv.slice(bail ? 3 : 2).entries()) {
  process.stdout.write(`${i === 0 ? "" : "\n"}${file}\n`);
  const result = collect(file);
  const start = performance.now();
  const skipped: string[] = [];
  Object.assign(globalThis, { skippedTests: skipped });
  const suites: UvuState["UVU_QUEUE"][number] = [];
  uvu.UVU_INDEX = i;
  (uvu as UvuState).UVU_QUEUE[i] = suites;
  try {
    await import(pathToFileURL(resolve(file)).href);
  } catch (error) {
    result.problems.push(`it can't be loaded: ${error instanceof Error ? error.stack : error}`);
  }
  for (const run of suites) {
    // An error here is a hook's, which the suite has noted.
    const [errors] = await run().catch(() => [true] as const);
    if (errors !== true) process.stdout.write(`\n${errors}\n`);
  }
  result.seconds = (performance.now() - start) / 1000;
  if (result.registered === 0 && skipped.length === 0) result.problems.push("it has no test");
  else if (result.ran !== result.registered)
    result.problems.push(`of ${result.registered} tests that it registered, ${result.ran} ran`);
  if (result.passed !== result.registered || result.problems.length > 0) process.exitCode = 1;
  writeSync(3, `${JSON.stringify(result)}\n`);
  if (bail && process.exitCode === 1) process.exit();
}
