import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Deadline } from "../../src/base/deadline.js";
import { CheckError, DeviceError, InputError } from "../../src/base/diagnostic.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { tensorType } from "../../src/ir/types.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { openSession, startRuntime } from "../../src/runtime/session.js";
import { smallNetwork } from "../onnx/networks.js";
import { processesOf } from "../processes.js";

const test = suite("runtime: the process of ONNX Runtime");
const program = (name: string): string => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
const NUMBER = new Map([["x", { dims: [1], data: Float32Array.of(1) }]]);

// Temporary folders of the processes lie in one of our own, so that what is left over is seen.
let folder = "";
const before = process.env.TMPDIR;
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-worker-"));
  process.env.TMPDIR = folder;
});
test.after.each(() => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  rmSync(folder, { recursive: true, force: true });
});

async function failure(act: () => Promise<unknown>): Promise<Error & { diagnostics?: unknown }> {
  try {
    await act();
  } catch (error) {
    return error as Error;
  }
  throw new Error("it did not fail");
}

/** Nothing of the process is left, at the latest in a second. */
async function expectNothingLeft(): Promise<void> {
  for (let i = 0; i < 20 && processesOf(folder).length > 0; i++)
    await new Promise((next) => setTimeout(next, 50));
  assert.equal(processesOf(folder), []);
  assert.equal(leftOver(), []);
}

/** A file that the programs in the place of ONNX Runtime take for a model. */
function modelFile(): string {
  const file = join(folder, "m.onnx");
  writeFileSync(file, modelBytes(encodeModel(smallNetwork(), { producerVersion: "0" }), { seed: 0 }));
  return file;
}

function leftOver(): readonly string[] {
  return readdirSync(folder).filter((name) => name.startsWith("ecagen-run-"));
}

test("a run that hangs is ended at the deadline, and nothing of it is left", async () => {
  const session = await openSession(modelFile(), { program: program("hanging"), deadline: new Deadline(4) });
  assert.is(processesOf(folder).length, 1, "the process is seen while it runs");
  const start = performance.now();
  const error = await failure(() => session.run(NUMBER));
  assert.instance(error, CheckError);
  assert.match(error.message, /not done after 4 seconds, while running .*m\.onnx on cpu/);
  assert.ok(performance.now() - start < 4000);
  await expectNothingLeft();
});

test("a run that crashes is reported with the signal and the last words", async () => {
  const session = await openSession(modelFile(), { program: program("crashing") });
  const error = await failure(() => session.run(NUMBER));
  assert.instance(error, DeviceError);
  assert.match(error.message, /ended \(SIGSEGV\) while running .*m\.onnx on cpu: the driver's last words/);
  assert.instance(await failure(() => session.run(NUMBER)), DeviceError, "and again, where one goes on");
  await expectNothingLeft();
});

test("a process that ends before it answers is reported", async () => {
  const error = await failure(() => startRuntime({ program: program("stillborn") }));
  assert.instance(error, DeviceError);
  assert.match(error.message, /ended \(exit code 7\) while loading onnxruntime-node/);
  await expectNothingLeft();
});

test("a process that can't be started is reported", async () => {
  const { execPath } = process;
  process.execPath = join(folder, "no-such-node");
  try {
    const error = await failure(() => startRuntime());
    assert.instance(error, DeviceError);
    assert.match(error.message, /ended \(spawn .*no-such-node ENOENT\) while loading onnxruntime-node/);
  } finally {
    process.execPath = execPath;
  }
  assert.equal(leftOver(), []);
});

test("a model of float16 takes numbers and gives them", async () => {
  const type = tensorType(["N", 4], "float16");
  const builder = new GraphBuilder("half");
  const y = builder.op("relu", [builder.input("x", type)], {}, { scope: "/relu" }, "y");
  const bytes = modelBytes(encodeModel(builder.finish([y]), { producerVersion: "0" }), { seed: 0 });
  const session = await openSession(bytes);
  const x = { dims: [1, 4], data: Float32Array.of(-1, 0.1, 1000.6, 65504) };
  const outputs = await session.run(new Map([["x", x]]));
  assert.equal(
    outputs,
    new Map([["y", { dims: [1, 4], data: Float32Array.of(0, 0.0999755859375, 1000.5, 65504) }]]),
  );
  await session.close();
});

test("a session that is closed leaves nothing", async () => {
  const bytes = modelBytes(encodeModel(smallNetwork(), { producerVersion: "0" }), { seed: 0 });
  const session = await openSession(bytes, { profile: true });
  const x = { dims: [1, 3, 32, 32], data: new Float32Array(3 * 32 * 32).fill(0.5) };
  const runs = await Promise.all([session.run(new Map([["x", x]])), session.run(new Map([["x", x]]))]);
  assert.equal(runs[0], runs[1], "requests that come at once wait for their turn");
  const profile = await session.profile();
  assert.ok(profile.length > 10);
  assert.ok(profile.every(({ provider }) => provider === "CPUExecutionProvider"));
  const [scratch] = leftOver();
  assert.equal(readdirSync(join(folder, scratch as string)), [], "neither the model nor the profile stays");
  await session.close();
  assert.not(existsSync(join(folder, scratch as string)));
  await expectNothingLeft();
});

test("what ONNX Runtime refuses is an InputError with its words, and the session goes on", async () => {
  const bytes = modelBytes(encodeModel(smallNetwork(), { producerVersion: "0" }), { seed: 0 });
  const refused = await failure(() => openSession(bytes.subarray(0, 1000)));
  assert.instance(refused, InputError);
  const elsewhere = await failure(() => openSession(bytes.subarray(0, 1000), { device: "webgpu" }));
  assert.instance(elsewhere, InputError, "what is no model is not the device's fault");
  const session = await openSession(bytes);
  const wrong = await failure(() =>
    session.run(new Map([["x", { dims: [1, 3, 8], data: new Float32Array(24) }]])),
  );
  assert.instance(wrong, InputError);
  assert.match(wrong.message, /can't run the model on cpu: .*rank/i);
  const x = { dims: [2, 3, 32, 32], data: new Float32Array(2 * 3 * 32 * 32) };
  assert.equal((await session.run(new Map([["x", x]]))).get("logits")?.dims, [2, 10]);
  await session.close();
});

test.run();
