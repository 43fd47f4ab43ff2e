import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CodegenOptions, codegen } from "../../src/driver/codegen/codegen.js";
import { topClasses } from "../../src/driver/run/classes.js";
import { run } from "../../src/driver/run/run.js";
import { writeNpy } from "../../src/files/tensors/write.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { prepareImage } from "../../src/images/prepare.js";
import { imageOf } from "../../src/language/input.js";
import { defaultPreprocessing } from "../../src/language/preprocessing.js";
import type { Batch } from "../../src/networks/export.js";
import { openSession } from "../../src/runtime/session.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { compilePackage } from "./support.js";

/** Generated packages, compiled and run in a process of their own, give what `ecagen run` gives, bit for bit. */
const test = suite("codegen: TypeScript packages run");

interface Case extends Partial<CodegenOptions> {
  readonly spec: string;
}

const CASES: readonly Case[] = [
  { spec: "test/data/codegen/labelled.json" },
  { spec: "specs/b0-eca.json", resolution: 64 },
  { spec: "specs/mobilenetv2-100.json", resolution: 64, batch: 2 },
  { spec: "specs/resnet18-se.json", resolution: 64, seed: 7 },
  { spec: "specs/small.json", precision: "fp16" },
];

/** Runs in the package's folder: a batch of three, alone and in parts, and two pictures. */
const PROGRAM = `
import { readFileSync, writeFileSync } from "node:fs";
const { Model, signature } = await import("./dist/index.js");
const bytes = readFileSync("x.bin");
const data = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const [, ...sizes] = signature.inputs.input.dims;
const input = { data, dims: [3, ...sizes] };
const outputs = {};
const pictures = JSON.parse(readFileSync("pictures.json", "utf8")).map(({ data, ...size }) => ({ ...size, data: Uint8Array.from(data) }));
for (const [name, source, options] of [
  ["whole", undefined, {}],
  ["path", "model.onnx", { maxBatch: 2 }],
  ["buffer", readFileSync("model.onnx"), { device: "cpu", threads: 1 }],
  ["url", new URL("model.onnx", import.meta.url), { device: "cpu" }],
]) {
  const model = await Model.load(source, options);
  const { logits } = await model.run({ input });
  outputs[name] = { device: model.device, dims: logits.dims, data: [...logits.data] };
  if (name === "whole") outputs.ranked = await model.classifyBatch(pictures, { top: 3 });
  await model.dispose();
  await model.dispose();
  outputs.afterwards = await model.run({ input }).then(() => "ran", (error) => error.message);
}
writeFileSync("y.json", JSON.stringify(outputs));
`;

for (const { spec, ...options } of CASES) {
  const said = Object.entries(options).map(([name, value]) => ` ${name} ${value}`);
  test(`${spec}${said.join()}`, () =>
    inTemporaryFolder(async (folder) => {
      await codegen(spec, { ...options, language: "ts", output: folder });
      compilePackage(folder);
      const { channels, height, width } = sizeOf(spec, options.resolution);
      const input = { dims: [3, channels, height, width], data: noise(3 * channels * height * width) };
      const bytes = new Uint8Array(input.data.buffer);
      writeFileSync(join(folder, "x.bin"), bytes);
      const pictures = [picture(40, 30), picture(21, 50)];
      writeFileSync(
        join(folder, "pictures.json"),
        JSON.stringify(pictures.map((each) => ({ ...each, data: [...each.data] }))),
      );
      writeFileSync(join(folder, "program.mjs"), PROGRAM);
      const { status, stderr } = spawnSync(process.execPath, ["program.mjs"], {
        cwd: folder,
        encoding: "utf8",
      });
      assert.is(status, 0, stderr);
      const outputs = JSON.parse(readFileSync(join(folder, "y.json"), "utf8"));

      const model = join(folder, "model.onnx");
      const expected = await ecagenRun(model, input, options.batch);
      assert.equal(outputs.whole, { device: "cpu", dims: [3, expected.length / 3], data: [...expected] });
      assert.equal(outputs.url, outputs.whole);
      // Other sizes of a batch, and one thread, may add in another order.
      for (const other of [outputs.path, outputs.buffer]) assertClose(other.data, expected);
      assert.match(outputs.afterwards, /disposed/);

      const { preprocessing = defaultPreprocessing(3), labels } = specNetwork(spec).spec.resolved;
      const size = { channels: 3, height, width } as const;
      const prepared = pictures.map((each) => prepareImage({ ...each, channels: 3 }, size, preprocessing));
      const session = await openSession(model);
      const batch = Float32Array.from(prepared.flatMap((each) => [...each]));
      const logits = (
        await session.run(new Map([["input", { dims: [2, 3, height, width], data: batch }]]))
      ).get("logits");
      await session.close();
      assert.ok(logits !== undefined);
      assert.equal(outputs.ranked, topClasses(logits.data, logits.data.length / 2, labels, 3));
    }));
}

test("labels are in what classify gives", () => {
  const { labels } = specNetwork("test/data/codegen/labelled.json").spec.resolved;
  assert.is(topClasses(Float32Array.of(0, 2, 1), 3, labels)[0]?.[0]?.label, labels?.[1]);
});

/** What `ecagen run` gives for the batch; a file of a fixed batch gets it in parts, the last one filled up with zeros. */
async function ecagenRun(
  model: string,
  { dims, data }: { dims: readonly number[]; data: Float32Array },
  fixed: Batch | undefined,
) {
  const [images = 0, ...sizes] = dims;
  const part = typeof fixed === "number" ? fixed : images;
  const size = data.length / images;
  const found: number[] = [];
  for (let start = 0; start < images; start += part) {
    const values = new Float32Array(part * size);
    values.set(data.subarray(start * size, (start + part) * size));
    const [x, y] = [`${model}.x.npy`, `${model}.y.npy`];
    await writeNpy(
      new Map([[x, { dtype: "F32", dims: [part, ...sizes], bytes: new Uint8Array(values.buffer) }]]),
    );
    await run(model, { inputs: [x], outputs: [y] });
    found.push(...floatsOfNpy(readFileSync(y)));
  }
  return Float32Array.from(found.slice(0, (found.length / (Math.ceil(images / part) * part)) * images));
}

function floatsOfNpy(bytes: Buffer): Float32Array {
  const start = 10 + bytes.readUInt16LE(8);
  return new Float32Array(Uint8Array.from(bytes.subarray(start)).buffer);
}

function assertClose(actual: readonly number[], expected: Float32Array): void {
  const range = expected.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  assert.is(actual.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs(value - (actual[i] ?? Number.NaN)) <= 1e-4 * range, `${i}`);
  });
}

function sizeOf(spec: string, resolution: number | undefined) {
  const input = imageOf(specNetwork(spec).spec.resolved.input);
  return resolution === undefined ? input : { ...input, height: resolution, width: resolution };
}

function noise(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * 12.9898) * 2);
}

function picture(width: number, height: number) {
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 256) };
}

test.run();
