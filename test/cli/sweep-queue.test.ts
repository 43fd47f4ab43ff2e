import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Queue, Worker } from "bullmq";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { skip } from "../skip.js";
import { ecagen } from "./run-cli.js";

const test = suite("cli: sweeps over a queue");
const folder = mkdtempSync(join(tmpdir(), "ecagen-queue-"));
const at = (name: string): string => join(folder, name);
const running = new Set<ChildProcess>();
test.after(() => {
  for (const child of running) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function started(program: string, args: readonly string[]): ChildProcess {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

const command = (...args: string[]): ChildProcess => started(process.execPath, ["dist/cli.js", ...args]);

async function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** A Redis server of this test's own, which keeps nothing: one that is started again has lost all jobs. */
async function redis(port: number): Promise<ChildProcess> {
  const server = started("redis-server", [
    "--port",
    String(port),
    "--bind",
    "127.0.0.1",
    "--save",
    "",
    "--dir",
    folder,
  ]);
  await new Promise<void>((resolve, reject) => {
    server.stdout?.setEncoding("utf8").on("data", (said: string) => {
      if (said.includes("Ready to accept connections")) resolve();
    });
    server.once("exit", () => reject(new Error("redis-server ended")));
  });
  return server;
}

const SWEEP = {
  base: "b0-se",
  axes: { gates: ["kept", "eca", "none"], "head.channels": { from: 640, to: 1680, step: 8 } },
  sample: { count: 120 },
};

const lines = (file: string): readonly string[] => readFileSync(file, "utf8").split("\n").slice(0, -1);

async function hasLines(file: string, count: number): Promise<void> {
  for (const start = performance.now(); performance.now() - start < MOST_MS; await delay(20))
    if (existsSync(file) && lines(file).length >= count) return;
  throw new Error(`${file} has no ${count} lines`);
}

/** Of machines with much else to do. */
const MOST_MS = 60_000;

const RESTARTED = "two workers, one killed half-way, Redis restarted once: every variant exactly once";
const CROWDED = "a sweep finds its rows among any number of others'";
const hasRedis = spawnSync("redis-server", ["--version"]).status === 0;

if (hasRedis) {
  test(RESTARTED, async () => {
    writeFileSync(at("sweep.json"), JSON.stringify(SWEEP));
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const first = await redis(port);
    const [results, alone] = [at("queued.jsonl"), at("alone.jsonl")];
    const workers = [1, 2].map(() => command("worker", "--queue", url, "--threads", "1"));
    const sweep = command("sweep", at("sweep.json"), "--queue", url, "-o", results);
    await hasLines(results, 20);
    first.kill("SIGKILL");
    await ended(first);
    await redis(port);
    await hasLines(results, 60);
    workers[0]?.kill("SIGKILL");
    assert.is(await ended(sweep), 0);
    assert.is(ecagen(["sweep", at("sweep.json"), "-o", alone]).code, 0);
    assert.is(lines(results).length, 121);
    assert.equal(lines(results).toSorted(), lines(alone).toSorted());
    const idle = ecagen(["worker", "--queue", url, "--idle", "0.1", "--json"]);
    assert.equal(JSON.parse(idle.stdout), { schemaVersion: 1, variants: 0 });
  });

  test(CROWDED, async () => {
    const sweep = at("crowded.json");
    writeFileSync(sweep, JSON.stringify({ base: "b0-se", axes: { gates: ["kept", "eca"] } }));
    const port = await freePort();
    const url = `redis://127.0.0.1:${port}`;
    const server = await redis(port);
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    const connection = { url, maxRetriesPerRequest: null };
    const queue = new Queue(`ecagen-${version}`, { connection });
    // The rows of a sweep that was killed are there before those of others.
    const killed = command("sweep", sweep, "--queue", url);
    while ((await queue.getWaitingCount()) < 2) await delay(20);
    killed.kill("SIGKILL");
    assert.match(ecagen(["worker", "--queue", url, "--idle", "1"]).stdout, /^2 variants/);
    const others = Array.from({ length: 600 }, (_, i) => ({
      ...{ name: "variant", data: { sweep: "other" }, opts: { jobId: `other-${i}` } },
    }));
    await queue.addBulk(others);
    const worker = new Worker(queue.name, async () => ({}), { connection, concurrency: 50 });
    while ((await queue.getCompletedCount()) < 602) await delay(20);
    await worker.close();
    const resumed = command("sweep", sweep, "--queue", url, "-o", at("crowded.jsonl"));
    await hasLines(at("crowded.jsonl"), 3);
    assert.is(await ended(resumed), 0);
    assert.is(await queue.getCompletedCount(), 600);
    await queue.close();
    server.kill("SIGKILL");
    await ended(server);
  });
} else {
  skip(RESTARTED, "redis-server is not installed");
  skip(CROWDED, "redis-server is not installed");
}

test("what is missing is said, with what helps", async () => {
  writeFileSync(at("sweep.json"), JSON.stringify(SWEEP));
  const url = `redis://127.0.0.1:${await freePort()}`;
  const none = ecagen(["sweep", at("sweep.json"), "--queue", url, "-o", at("none.jsonl")]);
  assert.is(none.code, 3);
  assert.match(none.stderr, /Redis at 127\.0\.0\.1:\d+ can't be reached: .*ECONNREFUSED/);
  const secret = ecagen(["worker", "--queue", url.replace("//", "//user:secret@")]);
  assert.equal([secret.code, /secret/.test(secret.stderr)], [3, false]);
  for (const wrong of ["http://127.0.0.1", "redis", "redis://"])
    assert.match(ecagen(["worker", "--queue", wrong]).stderr, /\[sweep\/queue\]/);
  const without = { NODE_OPTIONS: `--import ${new URL("without-bullmq.mjs", import.meta.url).href}` };
  const { code, stderr } = ecagen(["worker", "--queue", url], without);
  assert.is(code, 3);
  assert.match(stderr, /need the packages bullmq and ioredis .*\n +hint: npm install bullmq ioredis/);
});

test.run();
