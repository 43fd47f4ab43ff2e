import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { recoverBlocks } from "../../src/analysis/structure/recover.js";
import { InputError } from "../../src/base/diagnostic.js";
import { codegen } from "../../src/driver/codegen/codegen.js";
import { programNetwork } from "../../src/driver/codegen/program-network.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { withFileNetwork } from "../../src/given/onnx-file.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { freezeGraph, freezeOp } from "../../src/ir/builder.js";
import type { Graph, Op } from "../../src/ir/graph.js";
import { encode, lower } from "../../src/networks/export.js";
import type { FileNetwork } from "../../src/networks/file-network.js";
import { recoveredNetwork } from "../../src/networks/recovered/recovered-network.js";
import type { SpecNetwork } from "../../src/networks/spec-network.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { ModelProto, type NodeMessage } from "../../src/onnx/file/proto.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import { raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { randomInputs } from "../../src/trials/numbers.js";
import { interfaceOf } from "../../src/trials/outputs.js";
import { stressed } from "../../src/trials/stressed.js";
import { encodeElements } from "../../src/weights/values/elements.js";
import { networksOfOthers } from "../onnx/networks-of-others.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";
import { compilePackage } from "./support.js";
import { assertSame, checkTorch, testWithTorch } from "./torch.js";

const test = suite("codegen: programs of ONNX files");

const EXPORTS = networksOfOthers().filter(({ name }) => name.startsWith("torchvision-"));

/** A network as its export is, which nobody has described. */
function exported(graph: Graph): FileNetwork {
  const { graph: lowered } = runPasses(graph, exportPipeline({}));
  const ops = lowered.ops.map((op, i) => freezeOp({ ...op, loc: { scope: `/n${i}` } } as Op));
  const attention = raiseAttention(freezeGraph({ ...lowered, blocks: [], ops }));
  const recovered = recoverBlocks(attention.graph);
  return {
    file: "nameless.onnx",
    imported: { metadata: {} },
    attention,
    recovered,
  } as unknown as FileNetwork;
}

const FAMILIES = [
  ...["b0-se", "b0-eca", "b1-none", "lite0", "edgetpu-s", "tf-v2-b0-se", "tv-v2-s-se", "mobilenetv1"],
  ...[
    "mobilenetv2-100",
    "mobilenetv3-small-100",
    "mnasnet-small",
    "fbnetc-100",
    "resnet18-se",
    "resnet50-eca",
  ],
  ...["resnet50d-se", "resnext50-32x4d", "resnetrs50", "cifar-resnet110-a-se", "senet154", "xresnet50-2019"],
  ...["mixnet-s", "cifar-wrn-16-8-se", "cifar-preact-resnet164", "resnet18-cbam", "resnet18-gc"],
];

for (const spec of FAMILIES) {
  test(`${spec}: its export without names is recovered, with the counts before folding`, () => {
    const { graph } = specNetwork(`specs/${spec}.json`);
    const recovered = recoveredNetwork(exported(graph));
    const { blocks: _, ...expected } = countNetwork(graph);
    const { blocks: __, ...found } = countNetwork(recovered.graph);
    assert.equal(found, expected);
  });
}

test("a head is recovered too where one pixel is left in front of its pooling", () => {
  for (const spec of ["b0-se", "mobilenetv2-100"]) {
    const { graph } = specNetwork(`specs/${spec}.json`, { resolution: 32 });
    const recovered = recoveredNetwork(exported(graph));
    assert.is(countNetwork(recovered.graph).macs, countNetwork(graph).macs);
  }
});

test("a network that differs in one activation is refused, with the block", () => {
  const { graph } = specNetwork("specs/resnet18.json");
  const at = "/stages/2/blocks/1/conv2/act";
  const relus = graph.ops.filter(({ kind }) => kind === "relu");
  const changed = relus[11] as Op;
  assert.match(changed.loc.scope, /^\/stages\/2\/blocks\/\d/, at);
  const ops = graph.ops.map((op) => (op === changed ? freezeOp({ ...op, kind: "sigmoid" } as Op) : op));
  try {
    recoveredNetwork(exported(freezeGraph({ ...graph, ops })));
    assert.unreachable();
  } catch (error) {
    assert.instance(error, InputError);
    const [diagnostic] = (error as InputError).diagnostics;
    assert.is(diagnostic?.code, "onnx/unknown-structure");
    assert.match(
      diagnostic?.message ?? "",
      /\/stages\/2\/blocks\/\d: its layers are nearly those of a block "basic"/,
    );
  }
});

test("every block that no spec says is named, with the reason", () => {
  const { graph } = specNetwork("specs/inception-v3.json");
  try {
    recoveredNetwork(exported(graph));
    assert.unreachable();
  } catch (error) {
    const messages = (error as InputError).diagnostics.map(({ message }) => message);
    assert.is(messages.length > 8, true);
    assert.match(
      messages[0] ?? "",
      /not a network that a spec can describe: .*its layers make no block that specs have/,
    );
  }
});

/** A file in training mode, as PyTorch exports it: of older opsets with more outputs of its normalisations. */
function inTraining(network: SpecNetwork, opset: 13 | 17, readsStatistics = false): Uint8Array {
  const { graph } = lower(network, { keepBatchNorm: true });
  const model = ModelProto.decode(modelBytes(encode(network, graph, { version: "", opset }), { seed: 0 }));
  const dropped: NodeMessage[] = [];
  for (const node of model.graph?.node ?? []) {
    const [name] = node.output ?? [];
    if (node.opType === "GlobalAveragePool") {
      dropped.push({
        opType: "Dropout",
        input: [`${name}.kept`, "half", "yes"],
        output: [`${name}`, "mask"],
      });
      node.output = [`${name}.kept`];
    }
    if (node.opType !== "BatchNormalization") continue;
    node.output = [name, "mean", "variance"].map((each, i) => (i === 0 ? `${each}` : `${name}.${each}`));
    if (opset === 17) node.attribute = [...(node.attribute ?? []), { name: "training_mode", type: 2, i: 1 }];
    if (readsStatistics) model.graph?.output?.push({ name: node.output[1] ?? null });
  }
  assert.is(dropped.length, 1);
  const at = model.graph?.node?.findIndex(({ opType }) => opType === "GlobalAveragePool") ?? 0;
  model.graph?.node?.splice(at + 1, 0, ...dropped);
  const [half, yes] = [new Uint8Array(Float32Array.of(0.5).buffer), Uint8Array.of(1)];
  model.graph?.initializer?.push(
    { name: "half", dataType: 1, dims: [], rawData: half },
    { name: "yes", dataType: 9, dims: [], rawData: yes },
  );
  return ModelProto.encode(model).finish();
}

test("a file in training mode is the network that it trains, and the warning says so", () =>
  inTemporaryFolder((folder) => {
    const network = specNetwork("specs/mobilenetv2-100.json", { resolution: 64 });
    for (const opset of [13, 17] as const) {
      const file = join(folder, `training-${opset}.onnx`);
      writeFileSync(file, inTraining(network, opset));
      const { graph, warnings } = programNetwork(file, {});
      const { blocks: _, ...expected } = countNetwork(network.graph);
      const { blocks: __, ...found } = countNetwork(graph);
      assert.equal(found, expected);
      assert.match(
        warnings.find(({ code }) => code === "onnx/training-mode")?.message ?? "",
        /52 BatchNormalization and 1 Dropout/,
      );
      writeFileSync(file, inTraining(network, opset, true));
      throwsError(
        () => programNetwork(file, {}),
        InputError,
        /BatchNormalization.*(only the first|training_mode|training mode)/,
      );
    }
  }));

function write(file: string, numbers: ArrayLike<number>): void {
  writeFileSync(file, encodeElements(Float64Array.from(numbers), "float32"));
}

interface Case {
  readonly name: string;
  readonly file: string;
  readonly x: { readonly dims: readonly number[]; readonly data: ArrayLike<number> };
  readonly y: { readonly dims: readonly number[]; readonly data: ArrayLike<number> };
}

/** An export of a spec of ours with numbers that make everything matter, and what ONNX Runtime makes of an input. */
async function ownExport(folder: string, spec: string, keepBatchNorm: boolean): Promise<Case> {
  const network = specNetwork(`specs/${spec}.json`, { resolution: 64 });
  const subject = { ...network, graph: stressed(network.graph, 0) };
  const { graph } = lower(subject, { keepBatchNorm });
  const name = keepBatchNorm ? `${spec}-unfolded` : spec;
  const file = join(folder, `${name}.onnx`);
  writeFileSync(file, modelBytes(encode(subject, graph, { version: "" }), { seed: 0 }));
  const [input] = [...randomInputs(interfaceOf(graph).inputs, 2, 7)];
  assert.ok(input);
  const [inputName, x] = input;
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const results = await session.run({
    [inputName]: new Tensor("float32", Float32Array.from(x.data), [...x.dims]),
  });
  const output = results[graph.outputs[0]?.name ?? ""];
  assert.ok(output);
  await session.release();
  return { name, file, x, y: { dims: output.dims, data: output.data as Float32Array } };
}

testWithTorch(test, "PyTorch's module computes what the file does, BatchNorms folded or not", () =>
  inTemporaryFolder(async (folder) => {
    const own = [
      await ownExport(folder, "small", false),
      await ownExport(folder, "small", true),
      await ownExport(folder, "mobilenetv3-small-100-eca", false),
    ];
    const cases: readonly Case[] = [...EXPORTS, ...own];
    assert.ok(cases.length >= 7);
    for (const { name, file, x, y } of cases) {
      const at = join(folder, name);
      mkdirSync(at, { recursive: true });
      const { files } = await codegen(file, { language: "pytorch", output: join(at, "code") });
      assert.ok(files.some(({ path }) => path === "model.py"));
      copyFileSync(join(at, "code/weights.safetensors"), join(at, "weights.safetensors"));
      write(join(at, "x.f32"), x.data);
      write(join(at, "y0.f32"), y.data);
      const expected = { input: x.dims, outputs: [["y", y.dims]], starts: {} };
      writeFileSync(join(at, "expected.json"), JSON.stringify(expected));
    }
    const verdicts = checkTorch(cases.map(({ name }) => join(folder, name)));
    for (const [i, { name, file }] of cases.entries()) {
      assertSame(verdicts[i], programNetwork(file, {}).graph, name);
    }
  }),
);

test("a TypeScript package holds any file as it is, with its inputs and outputs", () =>
  inTemporaryFolder(async (folder) => {
    for (const { name, file, x, y } of networksOfOthers()) {
      const output = join(folder, name);
      const { files } = await codegen(file, { language: "ts", output });
      assert.ok(files.some(({ path }) => path === "src/index.ts"));
      assert.equal(readFileSync(join(output, "model.onnx")), readFileSync(file));
      const text = readFileSync(join(output, "src/index.ts"), "utf8");
      for (const dims of [x.dims, y.dims]) assert.match(text, dims.slice(1).join(", "), name);
    }
  }));

/** Runs in the package's folder: the outputs of the inputs that the framework was given. */
const PROGRAM = `
import { readFileSync, writeFileSync } from "node:fs";
const { Model } = await import("./dist/index.js");
const { dims, numbers } = JSON.parse(readFileSync("x.json", "utf8"));
const model = await Model.load();
const { y } = await model.run({ x: { data: Float32Array.from(numbers), dims } });
writeFileSync("y.json", JSON.stringify([...y.data]));
await model.dispose();
`;

test("packages of files compile, run and give what the framework gave, whatever batch the file is made for", () =>
  inTemporaryFolder(async (folder) => {
    const batches = new Set<string>();
    for (const name of ["torchvision-efficientnet-13", "torchvision-regnet-11"]) {
      const { file, x, y } = networksOfOthers().find((each) => each.name === name) as Case;
      const output = join(folder, name);
      await codegen(file, { language: "ts", output });
      compilePackage(output);
      writeFileSync(
        join(output, "x.json"),
        JSON.stringify({ dims: x.dims, numbers: [...Array.from(x.data)] }),
      );
      writeFileSync(join(output, "run.mjs"), PROGRAM.replace("{ Model }", `{ ${classOf(output)}: Model }`));
      const { status, stderr } = spawnSync(process.execPath, ["run.mjs"], { cwd: output, encoding: "utf8" });
      assert.is(status, 0, stderr);
      const found: readonly number[] = JSON.parse(readFileSync(join(output, "y.json"), "utf8"));
      assert.is(found.length, y.data.length);
      const range = Math.max(...Array.from(y.data)) - Math.min(...Array.from(y.data));
      found.forEach((number, i) => {
        assert.ok(Math.abs(number - (y.data[i] as number)) < 1e-5 * range, `${name}: ${number}`);
      });
      batches.add(String(batchOf(file)));
    }
    assert.equal([...batches], ["batch", "1"]);
    // The same network with inputs and outputs of float16, which the package takes and gives as float32.
    const { file, x, y } = networksOfOthers().find(
      (each) => each.name === "torchvision-efficientnet-13",
    ) as Case;
    const [half, output] = [join(folder, "half.onnx"), join(folder, "half")];
    await rewrite(file, { output: half, precision: "fp16", halfIo: true });
    await codegen(half, { language: "ts", output });
    compilePackage(output);
    writeFileSync(join(output, "x.json"), JSON.stringify({ dims: x.dims, numbers: [...Array.from(x.data)] }));
    writeFileSync(join(output, "run.mjs"), PROGRAM.replace("{ Model }", `{ ${classOf(output)}: Model }`));
    const { status, stderr } = spawnSync(process.execPath, ["run.mjs"], { cwd: output, encoding: "utf8" });
    assert.is(status, 0, stderr);
    const found: readonly number[] = JSON.parse(readFileSync(join(output, "y.json"), "utf8"));
    const range = Math.max(...Array.from(y.data)) - Math.min(...Array.from(y.data));
    const off = found.map((number, i) => Math.abs(number - (y.data[i] as number)) / range);
    assert.ok(Math.max(...off) < 2e-2 && Math.max(...off) > 0, `${Math.max(...off)}`);
  }));

/** The name of the class that a package exports. */
function classOf(output: string): string {
  const [, name] = /export class (\w+)/.exec(readFileSync(join(output, "src/index.ts"), "utf8")) ?? [];
  assert.ok(name);
  return name;
}

function batchOf(file: string): unknown {
  return withFileNetwork(file, {}, ({ graph }) => graph.inputs[0]?.type.dims[0]);
}

test("flags of compiling are refused of a file that is taken as it is", () =>
  inTemporaryFolder(async (folder) => {
    const [{ file } = { file: "" }] = EXPORTS;
    try {
      await codegen(file, { language: "ts", output: folder, passes: "remove-attention", precision: "fp16" });
      assert.unreachable();
    } catch (error) {
      assert.equal(
        (error as InputError).diagnostics.map(({ code }) => code),
        ["flag/unused", "flag/unused"],
      );
    }
  }));

test.run();
