import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Deadline } from "../../src/base/deadline.js";
import { CheckError, DeviceError, InputError } from "../../src/base/diagnostic.js";
import { compile } from "../../src/driver/compile/compile.js";
import { chooseStress } from "../../src/driver/verify/spec-target.js";
import { type VerifyOptions, type VerifyReport, verify } from "../../src/driver/verify/verify.js";
import { specNetwork } from "../../src/given/spec-file.js";
import type { ModelMessage, NodeMessage } from "../../src/onnx/file/proto.js";
import { TOLERANCES } from "../../src/runtime/compare.js";
import { appendOperator, changeModel, initializer, scaleInitializer } from "../onnx/changed-model.js";
import { throwsError } from "../throws.js";

const test = suite("driver: verify");
const SPEC = "specs/small.json";
let folder = "";

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-verify-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** Compiles the small network, changes the ONNX file, and holds it to its spec. */
async function verifyChanged(
  change: (nodes: NodeMessage[], model: ModelMessage) => void,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const file = join(folder, "changed.onnx");
  await compile(SPEC, { output: file });
  changeModel(file, change);
  return verify(SPEC, { ...options, against: file });
}

const againstReference = ({ comparisons }: VerifyReport): VerifyReport["comparisons"] =>
  comparisons.filter(({ a }) => a === "reference");
const ofFile = (report: VerifyReport): readonly boolean[] =>
  againstReference(report)
    .filter(({ b }) => b.startsWith(folder))
    .map(({ ok }) => ok);
const ofExport = (report: VerifyReport): readonly boolean[] =>
  againstReference(report)
    .filter(({ b }) => b.startsWith("export"))
    .map(({ ok }) => ok);

test("EfficientNet-B0 with ECA at full size, batches of 1 and 2", async () => {
  const report = await verify("specs/b0-eca.json");
  assert.ok(report.ok, JSON.stringify(report, null, 1));
  assert.equal(
    report.comparisons.map(({ batch }) => batch),
    [1, 2, 1, 2],
  );
  for (const { cosine, maxRel } of report.comparisons) {
    assert.ok(cosine > 0.99999);
    assert.ok(maxRel <= 1e-4);
  }
  assert.is(report.gates.effects.length, 16);
  assert.ok(report.gates.effects.every(({ moved }) => moved > 1e-3));
  assert.equal(report.device, { requested: "cpu", used: "cpu", cpuNodes: 0 });
  assert.equal(
    report.checks.map(({ name }) => name),
    ["expect.parameters", "expect.attentionParameters", "expect.macs", "every gate matters"],
  );
});

test("the export's own file holds", async () => {
  const report = await verifyChanged(() => {});
  assert.ok(report.ok, JSON.stringify(report, null, 1));
  assert.equal(ofFile(report), [true, true, true, true]);
  assert.equal(report.checks.find(({ name }) => name === "initializers")?.ok, true);
});

test("one weight changed in the last bit fails", async () => {
  const report = await verifyChanged((_nodes, model) => {
    const { rawData } = initializer(model, "stem.conv.weight");
    rawData[0] = (rawData[0] as number) ^ 1;
  });
  assert.not(report.ok);
  assert.match(report.checks.find(({ name }) => name === "initializers")?.detail ?? "", /stem\.conv\.weight/);
  assert.equal(ofExport(report), [true, true, true, true]);
});

test("one weight of a gate changed fails in the outputs", async () => {
  const report = await verifyChanged((_nodes, model) => {
    const gate = model.graph?.initializer?.find(({ name }) => name?.endsWith("attention.conv.weight"));
    const { rawData } = initializer(model, gate?.name ?? "");
    const view = new DataView(rawData.buffer, rawData.byteOffset);
    view.setFloat32(0, view.getFloat32(0, true) + 1, true);
  });
  assert.not(report.ok);
  assert.ok(
    ofFile(report)
      .slice(0, 2)
      .every((ok) => !ok),
    "with the file's own weights",
  );
});

test("one pad off by one fails, and it is the file's structure, so also with stress weights", async () => {
  const report = await verifyChanged((nodes) => {
    const pads = nodes
      .filter(({ opType }) => opType === "Conv")
      .flatMap(({ attribute }) => attribute ?? [])
      .filter(({ name, ints }) => name === "pads" && ints?.every((pad) => Number(pad) === 1));
    const [first] = pads;
    assert.ok(first, "there is a 3x3 convolution");
    first.ints = [0, 1, 2, 1];
  });
  assert.not(report.ok);
  assert.equal(ofFile(report), [false, false, false, false]);
  assert.equal(ofExport(report), [true, true, true, true]);
});

test("a gate left out fails", async () => {
  const report = await verifyChanged((nodes) => {
    const gate = nodes.findLast(({ opType, name }) => opType === "Mul" && name?.includes("/attention/"));
    assert.ok(gate, "there is a gate");
    const [x] = gate.input ?? [];
    for (const node of nodes) {
      node.input = (node.input ?? []).map((name) => (name === gate.output?.[0] ? (x as string) : name));
    }
    nodes.splice(nodes.indexOf(gate), 1);
  });
  assert.not(report.ok);
  assert.equal(ofFile(report), [false, false, false, false]);
});

test("a file that can't take the network's place fails, and says why", async () => {
  const spec = join(folder, "wide.json");
  writeFileSync(spec, JSON.stringify({ extends: join(process.cwd(), SPEC), input: { width: 40 } }));
  const file = join(folder, "wide.onnx");
  await compile(spec, { output: file });
  for (const perBlock of [false, true]) {
    const report = await verify(SPEC, { against: file, perBlock, batches: [1] });
    assert.not(report.ok);
    assert.match(
      report.checks.find(({ name }) => name === "inputs and outputs")?.detail ?? "",
      /its inputs are input \[.*40\]/,
    );
  }

  const renamed = await verifyChanged((nodes, model) => {
    const tensor = initializer(model, "stem.conv.weight");
    tensor.name = "renamed";
    for (const node of nodes)
      node.input = (node.input ?? []).map((name) => (name === "stem.conv.weight" ? "renamed" : name));
  });
  assert.not(renamed.ok, "without stress weights too little is proven");
  assert.equal(
    renamed.checks.filter(({ ok }) => !ok).map(({ name }) => name),
    ["initializers", "stress weights"],
  );
  assert.equal(ofFile(renamed), [true, true]);
});

test("an initializer that no node reads changes nothing", async () => {
  const report = await verifyChanged((_nodes, model) => {
    const tensor = initializer(model, "stem.conv.weight");
    model.graph?.initializer?.push({ ...tensor, name: "left over" });
  });
  assert.ok(report.ok, JSON.stringify(report.checks));
});

test("files of others hold, of an old opset and a fixed batch too", async () => {
  for (const name of ["senet-se-resnet20", "timm-efficientnet"]) {
    const report = await verify(`test/data/onnx-reference/${name}.onnx`);
    assert.ok(report.ok, JSON.stringify(report, null, 1));
    assert.ok(report.comparisons.some(({ weights }) => weights === "stress weights"));
  }
});

test("a file of a fixed batch, and one with external data, hold", async () => {
  const file = join(folder, "given.onnx");
  const fixed = await compile(SPEC, { output: file, batch: 2 });
  assert.is(
    fixed.macs,
    (await compile(SPEC, { output: join(folder, "open.onnx") })).macs,
    "MACs are those of one image",
  );
  const report = await verify(SPEC, { against: file });
  assert.ok(report.ok, JSON.stringify(report, null, 1));
  assert.equal(
    report.comparisons.filter(({ b }) => b.startsWith(folder)).map(({ batch }) => batch),
    [2, 2],
  );
  await compile(SPEC, { output: file, externalData: true });
  assert.ok((await verify(SPEC, { against: file })).ok);
});

test("the reference does not share the passes that fold and lower", async () => {
  const passes = "fold-batch-norm,lower-attention,lower-activation";
  const report = await verify(SPEC, { passes });
  assert.ok(report.ok, JSON.stringify(report, null, 1));
  assert.is(report.gates.effects.length, 3, "the gates are still gates");
});

test("no batch is nothing to verify", async () => {
  try {
    await verify(SPEC, { batches: [] });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /no batch/);
  }
});

test("another BatchNorm, another opset, another target hold too", async () => {
  for (const options of [
    { keepBatchNorm: true },
    { opset: 13 },
    { opset: 21 },
    { target: "gpu" },
    { target: "cpu" },
  ] as const) {
    const report = await verify(SPEC, options);
    assert.ok(report.ok, JSON.stringify(options));
  }
});

test("another seed and another resolution hold; other inputs give other numbers", async () => {
  const [one, two] = [await verify(SPEC, { seed: 1 }), await verify(SPEC, { seed: 2 })];
  assert.ok(one.ok && two.ok);
  assert.is.not(one.comparisons[0]?.maxAbs, two.comparisons[0]?.maxAbs);
  const small = await verify(SPEC, { resolution: 48 });
  assert.ok(small.ok);
  assert.not(
    small.checks.some(({ name }) => name.startsWith("expect.")),
    "the published numbers are for the spec's size",
  );
});

test("one scale factor changed in one gate: --per-block names that block as the first that differs", async () => {
  const report = await verifyChanged(
    (_nodes, model) => scaleInitializer(model, "stages.1.blocks.0.attention.conv.weight", 1.5),
    { perBlock: true, batches: [1] },
  );
  assert.not(report.ok);
  assert.is(report.firstDivergence, "/stages/1/blocks/0");
  const blocks = report.blocks ?? [];
  const initial = blocks.filter(({ b, weights }) => b.startsWith(folder) && weights === "initial weights");
  assert.equal(
    initial.map(({ block, ok }) => `${block} ${ok}`),
    [
      "/stem true",
      "/stages/0/blocks/0 true",
      "/stages/1/blocks/0 false",
      "/stages/1/blocks/1 false",
      "/head false",
    ],
  );
  assert.ok(
    blocks.filter(({ b }) => b.startsWith("export")).every(({ ok }) => ok),
    "the export's own blocks hold",
  );
});

test("a factor in a gate's structure is named with stress weights as well", async () => {
  const report = await verifyChanged(
    (nodes, model) => {
      const gate = nodes.find(({ name }) => name === "/stages/1/blocks/1/attention/Mul");
      const [x, factor] = gate?.input ?? [];
      assert.ok(gate && x && factor);
      gate.input = ["scaled", factor];
      nodes.splice(nodes.indexOf(gate), 0, {
        ...{ name: "/stages/1/blocks/1/attention/wrong/Mul", opType: "Mul", output: ["scaled"] },
        input: [x, "wrong"],
      });
      const one = initializer(model, "head.classifier.bias");
      const rawData = new Uint8Array(Float32Array.of(1.01).buffer);
      model.graph?.initializer?.push({ ...one, name: "wrong", dims: [], rawData });
    },
    { perBlock: true, batches: [1] },
  );
  assert.not(report.ok);
  assert.is(report.firstDivergence, "/stages/1/blocks/1");
  assert.equal(ofFile(report), [false, false]);
});

test("an ONNX file is verified by itself, block by block; without its spec a wrong number can't be seen", async () => {
  const file = join(folder, "alone.onnx");
  await compile(SPEC, { output: file, externalData: true });
  const report = await verify(file, { perBlock: true });
  assert.ok(report.ok, JSON.stringify(report, null, 1));
  assert.is(report.firstDivergence, null);
  assert.equal(
    report.comparisons.map(({ weights, batch }) => `${weights} ${batch}`),
    ["own weights 1", "own weights 2", "stress weights 1", "stress weights 2"],
  );
  assert.is(report.blocks?.length, 10);
  await compile(SPEC, { output: file });
  const other = join(folder, "other.onnx");
  await compile(SPEC, { output: other });
  changeModel(other, (_nodes, model) =>
    scaleInitializer(model, "stages.1.blocks.0.attention.conv.weight", 1.5),
  );
  assert.ok((await verify(other)).ok);
  const two = await verify(file, { against: other, perBlock: true, batches: [1] });
  assert.not(two.ok, "but against the right file it is");
  assert.is(two.firstDivergence, "/stages/1/blocks/0");
});

test("two files are run in ONNX Runtime alone, and with the reference where they differ", async () => {
  const [file, same, other] = ["one", "same", "other"].map((name) => join(folder, `${name}.onnx`)) as [
    string,
    string,
    string,
  ];
  for (const output of [file, same, other]) await compile(SPEC, { output });
  changeModel(other, (_nodes, model) =>
    scaleInitializer(model, "stages.1.blocks.0.attention.conv.weight", 1.5),
  );
  const right = await verify(file, { against: same, batches: [1] });
  assert.is(right.verdict, "right");
  assert.equal(
    right.comparisons.map(({ a, b, weights }) => [a.split(" ")[0], b.split(" ")[0], weights]),
    [
      [same, file, "own weights"],
      [same, file, "stress weights"],
    ],
  );
  const wrong = await verify(file, { against: other, batches: [1] });
  assert.is(wrong.verdict, "wrong");
  const own = wrong.comparisons.filter(({ a, weights }) => a === "reference" && weights === "own weights");
  assert.equal(
    own.map(({ b, verdict }) => [b.split(" ")[0], verdict]),
    [
      [file, "right"],
      [other, "wrong"],
    ],
  );
  assert.is(new Set(wrong.checks.map(({ name, detail }) => `${name} ${detail}`)).size, wrong.checks.length);
});

test("a file with operators of others is compared with another file, or refused with every one of them", async () => {
  const file = join(folder, "foreign.onnx");
  await compile(SPEC, { output: file });
  changeModel(file, (nodes, model) => {
    appendOperator(nodes, model, "QuickGelu");
    const gelu = nodes.at(-1);
    if (gelu) gelu.domain = "com.microsoft";
    model.opsetImport?.push({ domain: "com.microsoft", version: 1 });
  });
  const report = await verify(file, { against: file });
  assert.ok(report.ok, JSON.stringify(report, null, 1));
  assert.ok(report.comparisons.length > 0 && report.comparisons.every(({ a }) => a !== "reference"));
  const plain = join(folder, "plain.onnx");
  await compile(SPEC, { output: plain });
  assert.not((await verify(file, { against: plain })).ok, "a file that computes something else");
  for (const options of [{}, { against: "cpu" }, { against: file, perBlock: true }]) {
    const error = await verify(file, options).catch((each: unknown) => each);
    assert.instance(error, InputError);
    assert.match(
      (error as Error).message,
      /QuickGelu of the domain com.microsoft is not supported\n.*reference interpreter can't evaluate/,
    );
  }
  const flags = await verify(plain, {
    ...{ passes: "remove-attention", names: "timm", opset: 13, target: "gpu" },
  } as const).catch((each: unknown) => each);
  assert.match(
    (flags as Error).message,
    /--passes is about compiling a spec.*\n--names .*\n--opset .*\n--target /,
  );
});

test("the deadline ends the leaving out of gates too", () => {
  const late = new Deadline(1e-9);
  throwsError(
    () => chooseStress(SPEC, specNetwork(SPEC), {}, { tolerance: TOLERANCES.float32, deadline: late }),
    CheckError,
    /while leaving out each gate/,
  );
});

test("several seeds of inputs, and tolerances of one's own", async () => {
  const report = await verify(SPEC, { seeds: [0, 1, 2], batches: [2] });
  assert.ok(report.ok);
  assert.equal(
    report.comparisons.map(({ seed }) => seed),
    [0, 1, 2, 0, 1, 2],
  );
  const [one] = report.comparisons;
  assert.ok(one && one.medianAbs <= one.meanAbs * 3 && one.meanAbs < one.maxAbs && one.medianAbs > 0);
  assert.is(one.neededAtol, one.maxAbs);
  assert.ok((await verify(SPEC, { atol: 1e-6, batches: [1] })).ok);
  const strict = await verify(SPEC, { atol: 1e-12, batches: [1] });
  assert.not(strict.ok);
  assert.equal(strict.tolerance.elementwise, { atol: 1e-12, rtol: 0 });
});

test("a device that is not there is an error with its remedy", async () => {
  const missing = process.platform === "win32" ? "coreml" : "dml";
  try {
    await verify(SPEC, { device: missing });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, DeviceError);
    assert.match((error as Error).message, /can't run a small model here/);
    assert.match((error as DeviceError).diagnostics[0]?.hint ?? "", /only/);
  }
});

test.run();
