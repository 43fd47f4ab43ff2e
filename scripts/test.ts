import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { sep } from "node:path";
import { batchesOf } from "./test-batches.js";

/**
 * Runs the tests, longest first, in as many processes at a time as there are processors. What a process
 * prints comes out whole when it ends. Arguments are parts of file names; without any, all tests run.
 */

const FOLDER = "test";
const wanted = process.argv.slice(2);
const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll(sep, "/"))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

const batches = [...batchesOf(files)];

let failed = files.length === 0;
if (failed) process.stderr.write(`no test file has ${wanted.join(" or ")} in its name\n`);

/** Runs one batch; resolves when its process has ended. */
function run(batch: readonly string[]): Promise<void> {
  const pattern = `^(${batch.map((file) => file.replaceAll(".", "\\.")).join("|")})$`;
  const tests = spawn(process.execPath, ["--import", "tsx", "node_modules/uvu/bin.js", FOLDER, pattern], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed: Buffer[] = [];
  for (const stream of [tests.stdout, tests.stderr]) stream.on("data", (data: Buffer) => printed.push(data));
  return new Promise((resolve) => {
    tests.on("close", (status) => {
      if (status !== 0) failed = true;
      process.stdout.write(Buffer.concat(printed), () => resolve());
    });
  });
}

/** Takes batches until none is left. */
async function work(): Promise<void> {
  for (let batch = batches.shift(); batch !== undefined; batch = batches.shift()) await run(batch);
}

await Promise.all(Array.from({ length: availableParallelism() }, work));
process.exitCode = failed ? 1 : 0;
