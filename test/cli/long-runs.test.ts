import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder } from "../../src/ir/builder.js";
import { uniformByFan } from "../../src/ir/initializers.js";
import { tensorType } from "../../src/ir/types.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { processesOf } from "../processes.js";
import { ecagen } from "./run-cli.js";

const test = suite("cli: long runs");
let folder = "";
let scratch = "";
let slow = "";

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-long-"));
  scratch = join(folder, "scratch");
  mkdirSync(scratch);
  slow = join(folder, "slow.onnx");
  writeFileSync(slow, modelBytes(encodeModel(slowNetwork(), { producerVersion: "0" }), { seed: 0 }));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

/** One convolution of 10^12 multiply-accumulates: a native call of minutes, which nothing interrupts. */
function slowNetwork() {
  const builder = new GraphBuilder("slow");
  const x = builder.input("x", tensorType([1, 256, 256, 256]));
  const weight = builder.parameter("weight", [256, 256, 15, 15], uniformByFan(1));
  const y = builder.op("conv", [x, weight], { strides: [1, 1], pads: [7, 7, 7, 7] }, { scope: "/conv" }, "y");
  return builder.finish([y]);
}

const BENCH = ["bench", "--threads", "1", "--processes", "1"];

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<string> } {
  const child = spawn(process.execPath, ["dist/cli.js", ...args], {
    env: { ...process.env, TMPDIR: scratch },
    stdio: "ignore",
  });
  return {
    child,
    ended: new Promise((resolve) => child.on("exit", (code, signal) => resolve(signal ?? `${code}`))),
  };
}

async function until(holds: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 200; i++) {
    if (holds()) return;
    await new Promise((next) => setTimeout(next, 50));
  }
  assert.unreachable(what);
}

const running = (): number => processesOf(scratch).length;

async function untilRunning(): Promise<void> {
  await until(() => running() > 0, "the process of ONNX Runtime starts");
  // The model is removed once it is loaded; then the run begins.
  await until(() => readdirSync(scratch).length > 0, "it has its folder");
  await new Promise((next) => setTimeout(next, 1500));
}

test("--timeout ends a run inside ONNX Runtime: exit code 1, no process and no file left", async () => {
  const began = performance.now();
  const run = ecagen([...BENCH, slow, "--timeout", "8", "--json"], { TMPDIR: scratch });
  assert.is(run.code, 1, run.stdout + run.stderr);
  assert.ok(performance.now() - began < 20_000);
  const [error] = (JSON.parse(run.stdout) as { errors: { code: string; message: string }[] }).errors;
  assert.is(error?.code, "run/timeout");
  assert.match(error?.message ?? "", /not done after 8 seconds, while running slow\.onnx on cpu/);
  await until(() => running() === 0, "the process of ONNX Runtime has ended");
  assert.equal(readdirSync(scratch), []);
});

test("--timeout ends the reference interpreter too", () => {
  const began = performance.now();
  const run = ecagen(["verify", "specs/b4-eca.json", "--timeout", "1.5"], { TMPDIR: scratch });
  assert.is(run.code, 1, run.stdout + run.stderr);
  assert.match(run.stderr, /not done after 1.5 seconds/);
  assert.ok(performance.now() - began < 10_000);
  assert.equal(readdirSync(scratch), []);
});

for (const signal of ["SIGINT", "SIGTERM", "SIGKILL"] as const) {
  test(`${signal} ends a run inside ONNX Runtime, and nothing is left`, async () => {
    const { child, ended } = start([...BENCH, slow]);
    await untilRunning();
    child.kill(signal);
    assert.is(await ended, signal);
    await until(() => running() === 0, "the process of ONNX Runtime has ended");
    await until(() => readdirSync(scratch).length === 0, "nothing is left");
  });
}

test("Ctrl-C ends the reference interpreter at once, and nothing is left", async () => {
  const { child, ended } = start(["verify", "specs/b4-eca.json"]);
  await untilRunning();
  await new Promise((next) => setTimeout(next, 1500));
  const began = performance.now();
  child.kill("SIGINT");
  assert.is(await ended, "SIGINT");
  assert.ok(performance.now() - began < 1000, "the interpreter's own work of a minute does not delay it");
  await until(() => running() === 0, "the process of ONNX Runtime has ended");
  assert.equal(readdirSync(scratch), []);
});

test.run();
