import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/driver/compile.js";
import { type VerifyReport, verify } from "../../src/driver/verify.js";
import { type ModelMessage, ModelProto, type NodeMessage, type TensorMessage } from "../../src/onnx/proto.js";

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
): Promise<VerifyReport> {
  const file = join(folder, "changed.onnx");
  await compile(SPEC, { output: file });
  const model = ModelProto.decode(readFileSync(file));
  change(model.graph?.node as NodeMessage[], model);
  writeFileSync(file, ModelProto.encode(model).finish());
  return verify(SPEC, { against: file });
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

function initializer(model: ModelMessage, name: string): TensorMessage & { rawData: Uint8Array } {
  const found = model.graph?.initializer?.find((tensor) => tensor.name === name);
  assert.ok(found?.rawData, `${name} is in the file`);
  return found as TensorMessage & { rawData: Uint8Array };
}

test("EfficientNet-B0 with ECA at full size, batches of 1 and 3", async () => {
  const report = await verify("specs/b0-eca.json");
  assert.ok(report.ok, JSON.stringify(report, null, 1));
  assert.equal(
    report.comparisons.map(({ batch }) => batch),
    [1, 3, 1, 3],
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
  const report = await verify(SPEC, { against: file });
  assert.not(report.ok);
  assert.match(
    report.checks.find(({ name }) => name === "inputs and outputs")?.detail ?? "",
    /its inputs are input \[.*40\]/,
  );

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
  const tooLate = await verify(SPEC, { passes: "lower-attention,swap-attention{to={type=eca,kernel=9}}" });
  assert.not(tooLate.ok, "a swap after the lowering finds no gate, and that shows");
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

test.run();
