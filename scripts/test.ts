import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { sep } from "node:path";

/**
 * Runs the tests, several files to a process and as many processes at a time as there are processors. What a process
 * prints comes out whole when it ends. Arguments are parts of file names; without any, all tests run.
 */

/** Files of one process: its start takes about as long as a small file. */
const BATCH = 6;

const FOLDER = "test";
const wanted = process.argv.slice(2);
const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll(sep, "/"))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();

/** The files at the top are about the whole and take longest: each has a process of its own, and they begin. */
const [whole, inFolders] = [
  files.filter((file) => !file.includes("/")),
  files.filter((file) => file.includes("/")),
];
const batches = [
  ...whole.map((file) => [file]),
  ...Array.from({ length: Math.ceil(inFolders.length / BATCH) }, (_, i) =>
    inFolders.slice(i * BATCH, (i + 1) * BATCH),
  ),
];

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
