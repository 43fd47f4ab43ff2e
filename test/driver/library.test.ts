import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile as compileFile } from "../../src/driver/compile/compile.js";
import { diff as diffFiles } from "../../src/driver/diff/diff.js";
import { resolve as resolveFile } from "../../src/driver/resolve/resolve.js";
import { stats as statsOfFile } from "../../src/driver/stats/stats.js";
import {
  compile,
  type Diagnostic,
  diff,
  InputError,
  resolve,
  rewrite,
  type Spec,
  stats,
  verify,
} from "../../src/index.js";
import { inTemporaryFolder } from "../temporary-folder.js";

/** The library takes specs and models in every form, and gives models without files. */
const test = suite("driver: library");

const SPEC = {
  name: "tiny",
  input: { height: 32, width: 32 },
  stem: { channels: 8 },
  stages: [{ block: "conv-norm-act", channels: 16, attention: "se" }],
  head: { classes: 5 },
} as const satisfies Spec;
const TEXT = `// a comment\n${JSON.stringify(SPEC)}`;

async function diagnosticsOf(act: () => Promise<unknown>): Promise<readonly Diagnostic[]> {
  try {
    await act();
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("a spec as an object, as text, as the bytes of text and as a path is the same network", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "tiny.json");
    writeFileSync(file, TEXT);
    const wanted = statsOfFile(file);
    for (const given of [SPEC, { text: TEXT }, Buffer.from(TEXT), { bytes: Buffer.from(TEXT) }, file])
      assert.equal(await stats(given), wanted);
    assert.is((await diff(SPEC, file)).changes.length, 0);
    const { spec, ...resolved } = resolveFile(file);
    const ofObject = await resolve(SPEC);
    assert.equal(ofObject.spec, spec);
    assert.equal(JSON.parse(JSON.stringify(ofObject.blocks)), JSON.parse(JSON.stringify(resolved.blocks)));
  }));

test("compile gives the bytes that it writes elsewhere, and writes nothing", () =>
  inTemporaryFolder(async (folder) => {
    const [file, output] = [join(folder, "tiny.json"), join(folder, "tiny.onnx")];
    writeFileSync(file, TEXT);
    const written = await compile(file, { output, precision: "fp16" });
    const before = readdirSync(".");
    for (const given of [SPEC, { text: TEXT }, file]) {
      const { model, bytes, sha256, parameters } = await compile(given, { precision: "fp16" });
      assert.ok(Buffer.from(model).equals(readFileSync(output)));
      assert.equal([bytes, sha256, parameters], [written.bytes, written.sha256, written.parameters]);
      assert.is(sha256, createHash("sha256").update(model).digest("hex"));
    }
    assert.equal(readdirSync("."), before);
    assert.equal(readdirSync(folder).sort(), ["tiny.json", "tiny.onnx"]);
    // Weights before folding are written where they are asked for, and the model is not.
    const { exportedWeights } = await compile(SPEC, { exportWeights: join(folder, "w.safetensors") });
    assert.ok((exportedWeights?.tensors ?? 0) > 5 && existsSync(join(folder, "w.safetensors")));
  }));

test("a model as bytes is counted, compared, verified and rewritten as its file is", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "tiny.onnx");
    const { model } = await compile(SPEC);
    writeFileSync(file, model);
    const ofFile = statsOfFile(file);
    assert.equal(await stats({ bytes: model, file: "tiny.onnx" }), ofFile);
    assert.equal(await stats(model), { ...ofFile, name: "model.onnx" });
    assert.equal((await diff(SPEC, model)).changes, diffFiles(file, file).changes);
    const { verdict, comparisons } = await verify(model);
    assert.is(verdict, "right");
    assert.ok(comparisons.length > 0);
    const output = join(folder, "eca.onnx");
    const written = await rewrite(file, { swaps: ["se=eca"], output });
    const made = await rewrite(model, { swaps: ["se=eca"] });
    assert.ok(Buffer.from(made.model).equals(readFileSync(output)));
    assert.equal([made.sha256, made.verification], [written.sha256, written.verification]);
    assert.ok(made.verification !== undefined);
    assert.is((await verify(SPEC)).verdict, "right");
  }));

test("what a text extends is relative to its file's folder, and networks without a name have the file's", () =>
  inTemporaryFolder(async (folder) => {
    writeFileSync(join(folder, "base.json"), TEXT);
    const text = '{ "extends": "base.json", "head": { "classes": 7 } }';
    const report = await stats({ text, file: join(folder, "seven.json") });
    assert.is(report.name, "seven");
    assert.is(report.parameters - (await stats(SPEC)).parameters, 2 * 17);
    assert.is((await resolve({ extends: "b0-se", name: "b0-se" })).name, "b0-se");
  }));

test("several calls at once see their own inputs alone", async () => {
  const counts = await Promise.all(
    [5, 6, 7].map(async (classes) => (await stats({ ...SPEC, head: { classes } })).parameters),
  );
  const [first = 0] = counts;
  assert.equal(counts, [first, first + 17, first + 34]);
  const { a, b } = await diff(SPEC, { ...SPEC, head: { classes: 6 } });
  assert.equal([a, b], ["tiny.json", "tiny-2.json"]);
});

test("mistakes in an object have JSON paths, and places in its text; those of two specs come together", async () => {
  const wrong = { ...SPEC, stages: [{ block: "conv-norm-actt" }], hed: 1 };
  const found = await diagnosticsOf(() => diff(wrong, { ...SPEC, stem: 3 }));
  assert.equal(
    found.map(({ code, path, range }) => [code, path?.join("."), range?.source.file]),
    [
      ["spec/unknown-block", "stages.0.block", "tiny.json"],
      ["spec/unknown-key", "hed", "tiny.json"],
      ["spec/wrong-type", "stem", "tiny-2.json"],
    ],
  );
  const [{ range } = {}] = found;
  assert.is(range?.source.text.slice(range.offset, range.offset + range.length), '"conv-norm-actt"');
});

const model = Uint8Array.of(8, 8);
const REFUSED: readonly (readonly [what: string, given: unknown, message: RegExp])[] = [
  ["nothing", undefined, /this is undefined/],
  ["a number", 3, /this is a number/],
  ["a list", [SPEC], /this is an array/],
  ["an instance", new Map(), /this is an instance of Map/],
  ["a text that stands as a path", TEXT.split("\n")[1], /a string is a path/],
  ["a text that is none", { text: 3 }, /its `text` is a number/],
  ["bytes that are none", { bytes: "x" }, /its `bytes` are a string/],
  ["both", { text: "{}", bytes: model }, /none of them/],
  ["an unknown key", { text: "{}", nam: 1 }, /an object with text, nam/],
  ["no name", { text: "{}", file: "" }, /`file` is no name/],
  ["a spec's name for a model", { bytes: model, file: "x.json" }, /ends in \.onnx/],
  ["a model's name for a spec", { text: "{}", file: "x.onnx" }, /the text of a spec/],
  ["what no JSON has", { name: 1n }, /can't be written as JSON/],
  ["no number", { ...SPEC, input: { height: Number.NaN } }, /can't be written as JSON: height is NaN/],
  ["a function", { ...SPEC, stem: () => 8 }, /can't be written as JSON: stem is a function/],
];
for (const [what, given, message] of REFUSED) {
  test(`refused: ${what}`, async () => {
    const [only, ...others] = await diagnosticsOf(() => stats(given as Spec));
    assert.equal([only?.code, others.length], ["library/input", 0]);
    assert.match(only?.message ?? "", message);
    assert.ok((only?.hint ?? "").length > 20);
  });
}

test("functions of specs refuse models, those of models specs, and both say what they take", async () => {
  for (const act of [() => compile(model), () => resolve(model), () => rewrite(SPEC as never)]) {
    const [{ code, hint } = { code: undefined, hint: "" }] = await diagnosticsOf(act);
    assert.is(code, "library/input");
    assert.match(hint ?? "", /^this takes an? /);
  }
  const two = await diagnosticsOf(() => diff(3 as never, null as never));
  assert.equal(
    two.map(({ message }) => message),
    ["this is a number", "this is null"],
  );
});

test("bytes of another realm, as tests have them in a window of their own, are bytes", async () => {
  const bytes = runInNewContext("new Uint8Array(values)", { values: [...Buffer.from(TEXT)] }) as Uint8Array;
  assert.not.instance(bytes, Uint8Array);
  for (const given of [bytes, { bytes }]) assert.is((await stats(given)).name, "tiny");
});

test("a path and what is given under its name are not one input", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "tiny.json");
    writeFileSync(file, TEXT);
    const other = { text: JSON.stringify({ ...SPEC, head: { classes: 6 } }), file };
    for (const act of [() => diff(file, other), () => diff(other, file)]) {
      const [{ message } = { message: "" }] = await diagnosticsOf(act);
      assert.is(message, `two inputs are called ${file}`);
    }
  }));

test("options that are no object are refused, with what is wrong beside them", async () => {
  const found = await diagnosticsOf(() => stats(3 as never, null as never));
  assert.equal(
    found.map(({ message }) => message),
    ["this is a number", "the options are null"],
  );
  for (const options of ["out.onnx", [], new Map()])
    assert.is((await diagnosticsOf(() => diff(SPEC, SPEC, options as never))).length, 1);
});

test("external data needs a file: of a model as bytes, and of an output", async () => {
  for (const act of [
    () => compile(SPEC, { externalData: true }),
    () => rewrite(model, { externalData: true }),
  ])
    assert.is((await diagnosticsOf(act))[0]?.code, "library/external-data");
  await inTemporaryFolder(async (folder) => {
    const output = join(folder, "m.onnx");
    await compileFile("small", { output, externalData: true });
    const [{ code, message } = { code: undefined, message: "" }] = await diagnosticsOf(() =>
      stats(readFileSync(output)),
    );
    assert.is(code, "library/external-data");
    assert.match(message, /numbers in another file, m/);
    // By its path it is read with its data.
    assert.is((await stats(output)).name, "m.onnx");
  });
});

test.run();
