import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { CheckError, InputError } from "../../src/base/diagnostic.js";
import { distance } from "../../src/base/distance.js";
import { type RewriteReport, rewrite } from "../../src/driver/rewrite/rewrite.js";
import { stats } from "../../src/driver/stats/stats.js";
import { openModel } from "../../src/files/models/open.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { elementCount } from "../../src/ir/types.js";
import { ModelProto, type TensorMessage, type ValueInfoMessage } from "../../src/onnx/file/proto.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { type Runtime, startRuntime } from "../../src/runtime/session.js";
import { parameterNumbers } from "../../src/trials/numbers.js";
import { foreignModel } from "../onnx/foreign-model.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { readNpy } from "../weights/npy.js";

const test = suite("driver: rewrite");

const FOLDER = "test/data/onnx-reference";

/** Networks as PyTorch exports them, and the sum of the kernels that ECA gets in place of their gates. */
const NETWORKS = {
  // k is 3 below 128 channels and 5 below 2048.
  "senet-se-resnet20": 9 * 3,
  "timm-efficientnet": 5 * 3,
  "timm-seresnet": 2 * 3 + 2 * 5,
  "torchvision-mobilenetv3-small-w25": 7 * 3 + 2 * 5,
} as const;

interface Facts {
  readonly gates: readonly string[];
  readonly gateParameters: number;
  readonly parameters: number;
}

const fileOf = (name: string): string => join(FOLDER, `${name}.onnx`);
const factsOf = (name: string): Facts => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8"));

let runtime: Runtime;
test.before(async () => {
  runtime = await startRuntime();
});
test.after(() => runtime.close());

function arrayOf(name: string, which: "x" | "y"): Tensor {
  return readNpy(join(FOLDER, `${name}.${which}.npy`));
}

async function inRuntime(file: string, x: Tensor): Promise<readonly number[]> {
  const session = await runtime.open(file);
  const inputs = new Map([["x", { dims: [...x.dims], data: Float32Array.from(x.data) }]]);
  const outputs = await session.run(inputs);
  await session.close();
  return [...([...outputs.values()][0]?.data ?? [])];
}

function inInterpreter(file: string, x: Tensor): readonly number[] {
  const { graph, close } = openModel(file);
  const outputs = evaluateGraph(graph, new Map([["x", x]]), parameterNumbers(0));
  close();
  return [...([...outputs.values()][0]?.data ?? [])];
}

/** The last module of a path as nodes are named: with its parent where it is a number. */
function lastModule(path: string): string {
  const parts = path.split(".");
  return /^\d+$/.test(parts.at(-1) ?? "") ? parts.slice(-2).join(".") : (parts.at(-1) ?? "");
}

for (const [name, kernels] of Object.entries(NETWORKS)) {
  test(`${name}: all gates are found, and ECA in their place leaves exactly the other parameters`, () =>
    inTemporaryFolder(async (folder) => {
      const { gates, gateParameters, parameters } = factsOf(name);
      const output = join(folder, "eca.onnx");
      const report = await rewrite(fileOf(name), { swaps: ["se=eca"], output });
      assert.equal(
        report.raised.map(({ kind, at }) => [kind, at.slice(1).split("/").at(-1)]),
        gates.map((gate) => ["se", lastModule(gate)]),
      );
      assert.equal(report.rejected, []);
      assert.is(
        report.raised.reduce((sum, gate) => sum + gate.parameters, 0),
        gateParameters,
      );
      // The reference has counted before BatchNorm was folded into the convolutions.
      const before = stats(fileOf(name));
      assert.is(before.beforeFolding?.parameters, parameters);
      assert.is(report.parameters, before.parameters - gateParameters + kernels);
      assert.is(stats(output).parameters, report.parameters);
      assert.is(report.attentionParameters, kernels);
      assert.is(report.verification?.of, "gates");

      const x = arrayOf(name, "x");
      const [actual, expected] = [await inRuntime(output, x), inInterpreter(output, x)];
      assert.ok(distance(expected, actual).maxRel < 1e-5);
      assert.ok(
        distance(arrayOf(name, "y").data, actual).maxRel > 1e-3,
        "another gate computes something else",
      );
    }));

  test(`${name}: without passes, and with its gates lowered again, the output is the one on record`, () =>
    inTemporaryFolder(async (folder) => {
      const x = arrayOf(name, "x");
      const y = arrayOf(name, "y");
      for (const passes of [undefined, "lower-attention"]) {
        const output = join(folder, "same.onnx");
        const report = await rewrite(fileOf(name), { output, passes });
        const same = Buffer.compare(readFileSync(fileOf(name)), readFileSync(output)) === 0;
        assert.is(same, passes === undefined);
        assert.is(report.verification?.of, passes === undefined ? undefined : "file");
        for (const outputs of [await inRuntime(output, x), inInterpreter(output, x)]) {
          assert.is(outputs.length, elementCount(y.dims));
          assert.ok(distance(y.data, outputs).maxRel < 1e-5);
        }
      }
    }));
}

test("a swap at one place leaves the gates at others as the file has them", () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, "one.onnx");
    const path = "/layer2/layer2.0/**";
    const report = await rewrite(fileOf("timm-seresnet"), {
      output,
      passes: `swap-attention{from=se,to=eca,at={path="${path}"}}`,
    });
    assert.is(report.raised.length, 4);
    const nodes = (file: string) =>
      (ModelProto.decode(readFileSync(file)).graph?.node ?? []).map((node) => JSON.stringify(node));
    const after = new Set(nodes(output));
    const gone = nodes(fileOf("timm-seresnet")).filter((node) => !after.has(node));
    assert.ok(gone.length > 0);
    for (const node of gone) assert.match(node, /layer2\.0\/se/);
    assert.is(report.parameters, stats(fileOf("timm-seresnet")).parameters - 1640 + 3);
  }));

test("removal, a new kind, fp16 and a fixed batch", () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, "out.onnx");
    const file = fileOf("timm-efficientnet");
    const run = (options: Parameters<typeof rewrite>[1]): Promise<RewriteReport> =>
      rewrite(file, { ...options, output });
    const { parameters } = stats(file);
    assert.is(
      (await run({ swaps: ["se=none"] })).parameters,
      parameters - factsOf("timm-efficientnet").gateParameters,
    );
    assert.is((await run({ swaps: ["any={type=eca,kernel=7}"] })).attentionParameters, 5 * 7);
    const half = await run({ precision: "fp16", batch: 1 });
    assert.ok((half.halfPrecision?.float16Nodes ?? 0) > 40);
    assert.is(half.verification?.of, "file");
    assert.ok((half.bytes ?? Number.POSITIVE_INFINITY) < 0.7 * readFileSync(file).length);
    const [input] = ModelProto.decode(readFileSync(output)).graph?.input ?? [];
    assert.is(Number(input?.type?.tensorType?.shape?.dim?.[0]?.dimValue), 1);
  }));

test("outputs that rounding to half precision may lose whole are called undecided, others are not", () =>
  inTemporaryFolder(async (folder) => {
    const file = fileOf("timm-efficientnet");
    const model = ModelProto.decode(readFileSync(file));
    for (const tensor of model.graph?.initializer ?? []) {
      if (!tensor.name?.startsWith("classifier.")) continue;
      const numbers = new Float32Array(Uint8Array.from(tensor.rawData ?? []).buffer);
      tensor.rawData = new Uint8Array(numbers.map((x) => x * 1e-9).buffer);
    }
    const faint = join(folder, "faint.onnx");
    writeFileSync(faint, ModelProto.encode(model).finish());
    const undecidedOf = async (path: string): Promise<string | undefined> =>
      (await rewrite(path, { precision: "fp16", output: join(folder, "half.onnx") })).verification?.undecided;
    assert.is(await undecidedOf(file), undefined);
    assert.match((await undecidedOf(faint)) ?? "", /are up to .*e-\d+, and rounding may move them by .*e-7$/);
  }));

/**
 * y = table[tokens] · w, where rounding to half precision moves the weights most: the numbers of the table are near 100, and those of each
 * column of w are as large below zero as above it, so that the difference is what is left.
 */
function cancellingModel(): Uint8Array {
  const floats = (name: string, dims: readonly number[], of: (i: number) => number): TensorMessage => {
    const floatData = Array.from({ length: elementCount(dims) }, (_, i) => of(i));
    return { name, dataType: 1, dims: [...dims], floatData };
  };
  const info = (name: string, elemType: number, dims: readonly number[]): ValueInfoMessage => ({
    name,
    type: { tensorType: { elemType, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ version: 13 }],
    graph: {
      name: "cancelling",
      node: [
        { opType: "Gather", input: ["table", "tokens"], output: ["row"] },
        { opType: "MatMul", input: ["row", "w"], output: ["y"] },
      ],
      initializer: [
        floats("table", [10, 64], (i) => 100 + 4 * Math.sin(12.9898 * i)),
        floats("w", [64, 16], (i) => (-1) ** Math.floor(i / 16) * (1 + 0.1 * (i % 16))),
      ],
      input: [info("tokens", 7, [1, 4])],
      output: [info("y", 1, [1, 4, 16])],
    },
  }).finish();
}

test("half precision may do to the outputs what rounding the weights does", () =>
  inTemporaryFolder(async (folder) => {
    const [file, output] = [join(folder, "cancelling.onnx"), join(folder, "half.onnx")];
    writeFileSync(file, cancellingModel());
    const { halfPrecision, verification } = await rewrite(file, { precision: "fp16", output });
    assert.ok((halfPrecision?.weights ?? 0) >= 64 * 16, JSON.stringify(halfPrecision));
    // Four roundings of the outputs alone would be 0.002.
    assert.ok((verification?.maxRel ?? 0) > 0.003, JSON.stringify(verification));
    assert.is(verification?.undecided, undefined);
  }));

test("new gates can be fitted to the old ones", () =>
  inTemporaryFolder(async (folder) => {
    const options = { swaps: ["se=eca"], calibrate: "random:4", output: join(folder, "fit.onnx") };
    const { newGates } = await rewrite(fileOf("timm-seresnet"), { ...options, newGates: "fit" });
    assert.is(newGates?.gates.length, 4);
    const { init, fit } = newGates?.output ?? {};
    assert.ok((fit?.relativeError ?? 1) < 0.5 * (init?.relativeError ?? 0), JSON.stringify(newGates?.output));
  }));

test("the same file, passes and seed give the same bytes", () =>
  inTemporaryFolder(async (folder) => {
    const digests = ["a", "b"].map(
      async (name) =>
        (await rewrite(fileOf("timm-seresnet"), { swaps: ["se=eca"], output: join(folder, name) })).sha256,
    );
    const [a, b] = await Promise.all(digests);
    assert.type(a, "string");
    assert.is(a, b);
  }));

/** The messages with which a rewriting ends, after which there must be no file. */
async function failure(
  file: string,
  options: Parameters<typeof rewrite>[1],
): Promise<InputError | CheckError> {
  return await inTemporaryFolder(async (folder) => {
    const output = join(folder, "out.onnx");
    try {
      await rewrite(file, { output, ...options });
    } catch (error) {
      assert.not(existsSync(output));
      if (error instanceof InputError || error instanceof CheckError) return error;
      throw error;
    }
    throw new Error("it was rewritten");
  });
}

test("wrong swaps are named all at once, and nothing is written", async () => {
  const { diagnostics } = await failure(fileOf("timm-seresnet"), { swaps: ["se", "se=ecaa", "sé=eca"] });
  assert.is(diagnostics.length, 3);
  assert.match(diagnostics[1]?.hint ?? "", /eca/);
  const none = await failure(fileOf("timm-seresnet"), { swaps: ["cbam=eca"] });
  assert.match(none.message, /no gate of the kind "cbam"/);
  assert.match(none.diagnostics[0]?.hint ?? "", /se at \/layer1\/layer1.0\/se/);
});

test("a batch that is fixed can't become another", async () => {
  for (const batch of [5, "dynamic"] as const) {
    const { message } = await failure(fileOf("senet-se-resnet20"), { batch });
    assert.match(message, `a batch of 2, which can't become ${batch}`);
  }
});

test("what nothing can run is only written without verification", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "foreign.onnx");
    writeFileSync(file, foreignModel({ custom: true }));
    const error = await failure(file, { swaps: ["eca=se"] });
    assert.instance(error, CheckError);
    assert.match(error.diagnostics[0]?.hint ?? "", /--no-verify/);
    const output = join(folder, "out.onnx");
    const report = await rewrite(file, { swaps: ["eca=se"], verify: false, output });
    assert.is(report.raised.length, 1);
    const { graph, close } = openModel(output);
    assert.ok(countNetwork(graph).parameters > 0);
    close();
  }));

test.run();
