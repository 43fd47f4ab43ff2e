import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { generatePyTorch } from "../../src/codegen/pytorch/generate.js";
import { codegenSubject } from "../../src/driver/codegen/program.js";
import { exportWeights } from "../../src/files/tensors/export-weights.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { type Graph, parametersOf } from "../../src/ir/graph.js";
import type { WeightExpr } from "../../src/ir/weight.js";
import type { NetworkOptions } from "../../src/networks/spec-network.js";
import { exportBytes } from "../../src/trials/exported.js";
import { randomInputs } from "../../src/trials/numbers.js";
import { interfaceOf } from "../../src/trials/outputs.js";
import { stressed } from "../../src/trials/stressed.js";
import { encodeElements } from "../../src/weights/values/elements.js";
import { skip } from "../skip.js";

/** The system's Python has torch where Debian's python3-torch is installed. */
export const PYTHON = "/usr/bin/python3";

export const HAS_TORCH = spawnSync(PYTHON, ["-c", "import torch"]).status === 0;

/** Registers a test that needs torch; where it is missing, the output says so in one loud line. */
export function testWithTorch(
  test: (name: string, body: () => Promise<void> | void) => void,
  name: string,
  body: () => Promise<void> | void,
): void {
  if (HAS_TORCH) test(name, body);
  else skip(name, `${PYTHON} has no module torch`);
}

/** The same for torchvision, which folders of images need. */
export function testWithTorchvision(
  test: (name: string, body: () => Promise<void> | void) => void,
  name: string,
  body: () => Promise<void> | void,
): void {
  if (spawnSync(PYTHON, ["-c", "import torch, torchvision"]).status === 0) test(name, body);
  else skip(name, `${PYTHON} has no module torchvision`);
}

/** One start of a generated program, and the words that it is refused with; undefined where it is to succeed. */
export interface Start {
  readonly code: string;
  readonly args: readonly string[];
  readonly refused?: RegExp;
}

/** Starts a program so many times, one after the other. A refusal has exit code 2 and says what is wrong, without a stack trace. */
export function startProgram(program: string, starts: readonly Start[]): void {
  const runs = starts.map(({ code, args }) => ({ cwd: code, args }));
  const { stdout, stderr } = spawnSync(PYTHON, ["-B", "test/python/run_forked.py", program], {
    input: JSON.stringify(runs),
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1" },
  });
  assert.ok(stdout, stderr);
  const results = JSON.parse(stdout) as readonly { readonly status: number; readonly stderr: string }[];
  assert.is(results.length, starts.length);
  for (const [i, { status, stderr }] of results.entries()) {
    const { refused, args } = starts[i] as Start;
    assert.is(status, refused === undefined ? 0 : 2, `${args.join(" ")}: ${stderr}`);
    if (refused !== undefined) assert.match(stderr, refused);
    assert.not.match(stderr, /Traceback/);
  }
}

/** A port of this machine that nobody listens at. */
export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** What check_torch.py measured of one folder. */
export interface TorchVerdict {
  readonly folder: string;
  readonly error?: string;
  readonly parameters: number;
  readonly missing: readonly string[];
  readonly left_over: readonly string[];
  readonly same_back: boolean;
  readonly range: number;
  /** The largest difference from ONNX Runtime's output, as a part of its range. */
  readonly off: number;
  readonly starts: readonly string[];
  readonly dead: readonly string[];
  readonly rates: readonly number[];
  readonly momenta: readonly number[];
  readonly dropout: readonly number[];
  readonly finite: boolean;
}

const BATCH = 2;

/** Writes the module of a spec, its stress weights, and what ONNX Runtime makes of random images with them. */
export async function prepareTorch(
  folder: string,
  specFile: string,
  options: Pick<NetworkOptions, "passes" | "resolution"> = {},
  batch = BATCH,
): Promise<Graph> {
  const network = specNetwork(specFile, options);
  mkdirSync(join(folder, "code"), { recursive: true });
  for (const file of generatePyTorch(codegenSubject(network, options))) {
    if ("text" in file) writeFileSync(join(folder, "code", file.path), file.text);
  }
  const graph = stressed(network.graph, 0);
  await exportWeights(join(folder, "weights.safetensors"), graph, 0);
  const subject = { ...network, graph };
  const model = exportBytes(subject);
  const [input] = [...randomInputs(interfaceOf(graph).inputs, batch, 7)];
  assert.ok(input);
  const [name, { dims, data }] = input;
  const session = await InferenceSession.create(model, { logSeverityLevel: 3 });
  const results = await session.run({ [name]: new Tensor("float32", Float32Array.from(data), [...dims]) });
  write(join(folder, "x.f32"), data);
  const outputs = graph.outputs.map(({ name }, i) => {
    const output = results[name];
    assert.ok(output);
    write(join(folder, `y${i}.f32`), output.data as Float32Array | BigInt64Array);
    return [name, output.dims] as const;
  });
  writeFileSync(
    join(folder, "expected.json"),
    JSON.stringify({ input: dims, outputs, starts: startsOf(network.graph) }),
  );
  await session.release();
  return network.graph;
}

/** How every parameter starts, by name: `constant`, `normal` or `uniform`, and its numbers. */
function startsOf(graph: Graph): Readonly<Record<string, readonly (string | number)[]>> {
  const weights = parametersOf(graph).filter(({ role }) => role !== "fixed");
  return Object.fromEntries(weights.map(({ name, data }) => [name, numbersOf(data)]));
}

function numbersOf(data: WeightExpr): readonly (string | number)[] {
  switch (data.kind) {
    case "constant":
      return [data.kind, data.value];
    case "normal":
      return [data.kind, data.std];
    case "uniform":
      return [data.kind, data.low, data.high];
    default:
      throw new Error(`an initial weight is ${data.kind}`);
  }
}

/** Runs all folders through one Python process. */
export function checkTorch(folders: readonly string[]): readonly TorchVerdict[] {
  return measured("check_torch.py", folders) as readonly TorchVerdict[];
}

/** What a script of test/python prints of folders. */
export function measured(name: string, folders: readonly string[]): unknown {
  const script = fileURLToPath(new URL(`../python/${name}`, import.meta.url));
  const { stdout, stderr } = spawnSync(PYTHON, ["-B", script, ...folders], {
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  assert.ok(stdout, stderr);
  return JSON.parse(stdout);
}

/** The tolerance of outputs, as a part of their range. */
export const OFF = 1e-4;

/** Holds a verdict: same parameters, outputs, starts; everything takes part in training. */
export function assertSame(verdict: TorchVerdict | undefined, graph: Graph, label: string): void {
  assert.ok(verdict, label);
  assert.is(verdict.error, undefined, `${label}: ${verdict.error}`);
  assert.is(verdict.parameters, countNetwork(graph).parameters, label);
  assert.equal(verdict.missing, [], `${label}: names that the module lacks`);
  assert.equal(verdict.left_over, [], `${label}: names that the weights lack`);
  assert.ok(verdict.same_back, `${label}: weights written by Python are the same`);
  assert.ok(verdict.range > 1e-3, `${label}: the output is ${verdict.range} wide`);
  assert.ok(verdict.off < OFF, `${label}: off by ${verdict.off} of the range`);
  assert.equal(verdict.starts, [], `${label}: initial weights`);
  assert.equal(verdict.dead, [], `${label}: parameters without a gradient`);
  assert.ok(verdict.finite, label);
}

function write(file: string, numbers: ArrayLike<number | bigint>): void {
  writeFileSync(file, encodeElements(Float64Array.from(numbers, Number), "float32"));
}
