import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeSafetensors } from "../../src/files/tensors/write.js";
import { openWeights } from "../../src/given/weights.js";
import { copyTensor } from "../../src/weights/formats/tensor-source.js";
import { ecagen } from "./run-cli.js";

const test = suite("cli: files of weights");
const CHECKPOINT = "test/data/weights/checkpoint.pth";
let folder = "";

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-weights-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("inspect lists the tensors, and their statistics where they are asked for", () => {
  const { stdout, stderr, code } = ecagen(["weights", "inspect", CHECKPOINT]);
  assert.is(code, 0);
  assert.match(stdout, /^tensor +type +shape +bytes\n0\.weight +F32 +\[3, 2, 2, 2\] +96\n/);
  assert.match(
    stdout,
    /checkpoint\.pth: torch, 16 tensors, 78 numbers, 316 bytes, "state dict": "state_dict"\n$/,
  );
  assert.is(stderr, "note: F64, so rounded to float32 in a model: 1 (double)\n");

  const report = JSON.parse(ecagen(["weights", "inspect", CHECKPOINT, "--values", "--json"]).stdout);
  assert.equal(report.total, { tensors: 16, elements: 78, bytes: 316 });
  assert.equal(report.rounded, ["double"]);
  const running = report.tensors.find(({ name }: { name: string }) => name === "1.running_var");
  assert.equal(running, {
    name: "1.running_var",
    dtype: "F32",
    shape: [3],
    bytes: 12,
    values: { min: 1, max: 1, mean: 1, std: 0, nonFinite: 0 },
  });
  const { values } = report.tensors[0];
  assert.ok(values.min < values.mean && values.mean < values.max && values.std > 0);
});

test("names out of a file can't write to the terminal as they like", async () => {
  const file = join(folder, "names.safetensors");
  await writeSafetensors(file, [
    { name: "\x1b[2Jgone\x9b1m", dtype: "F32", dims: [0], pieces: () => [] },
    { name: "two\nlines", dtype: "F32", dims: [0], pieces: () => [] },
    { name: "\x1b[31mred", dtype: "F64", dims: [0], pieces: () => [] },
  ]);
  const { stdout, stderr } = ecagen(["weights", "inspect", file]);
  assert.match(stdout, /"\\u001b\[2Jgone\\u009b1m"/);
  assert.match(stdout, /"two\\nlines"/);
  // Notes name tensors too.
  assert.match(stderr, /float32 in a model: 1 \("\\u001b\[31mred"\)/);
  for (const sign of ["\x1b", "\x9b"]) assert.not.ok(`${stdout}${stderr}`.includes(sign));
});

test("more tensors than a function takes arguments are listed", async () => {
  const file = join(folder, "many.safetensors");
  await writeSafetensors(
    file,
    Array.from({ length: 150_000 }, (_, i) => ({
      name: String(i),
      dtype: "U8",
      dims: [0],
      pieces: () => [],
    })),
  );
  const { stdout, code } = ecagen(["weights", "inspect", file]);
  assert.is(code, 0);
  assert.match(stdout, /safetensors, 150,000 tensors, 0 numbers, 0 bytes\n$/);
});

test("integers beyond 2^53 that float64 can't tell apart differ", async () => {
  const files = [0n, 1n].map((more) => ({ file: join(folder, `${more}-i64.safetensors`), more }));
  for (const { file, more } of files) {
    const bytes = new Uint8Array(BigInt64Array.of(2n ** 53n + more).buffer);
    await writeSafetensors(file, [{ name: "w", dtype: "I64", dims: [1], pieces: () => [bytes] }]);
  }
  const { stdout, code } = ecagen(["weights", "diff", ...files.map(({ file }) => file), "--json"]);
  assert.is(code, 1);
  const { ok, values, same } = JSON.parse(stdout);
  assert.equal([ok, values, same], [false, [{ name: "w", maxAbs: 1, cosine: 1 }], 0]);
});

test("types without numbers are listed and compared by their bytes", async () => {
  const [a, b] = ["a", "b"].map((name) => join(folder, `${name}-f8.safetensors`)) as [string, string];
  const tensor = (byte: number) => ({
    name: "w",
    dtype: "F8_E4M3" as const,
    dims: [1],
    pieces: () => [Uint8Array.of(byte)],
  });
  await writeSafetensors(a, [tensor(1)]);
  await writeSafetensors(b, [tensor(2)]);
  const { tensors } = JSON.parse(ecagen(["weights", "inspect", a, "--values", "--json"]).stdout);
  assert.equal(tensors, [{ name: "w", dtype: "F8_E4M3", shape: [1], bytes: 1, values: null }]);
  const { values, same } = JSON.parse(ecagen(["weights", "diff", a, b, "--json"]).stdout);
  assert.equal([values, same], [[{ name: "w", maxAbs: null, cosine: null }], 0]);
});

test("diff finds what differs, and says so with exit code 1", async () => {
  const same = ecagen(["weights", "diff", CHECKPOINT, "test/data/weights/state.pt"]);
  assert.equal([same.code, same.stdout], [0, "the same 16 tensors\n"]);

  const source = openWeights(CHECKPOINT);
  const [weight, bias, scale, ...rest] = [...source.tensors.values()];
  assert.ok(weight && bias && scale);
  const numbers = (name: string, ...values: number[]) => ({
    name,
    dtype: "F32" as const,
    dims: [values.length],
    pieces: () => [new Uint8Array(Float32Array.from(values).buffer)],
  });
  const changed = join(folder, "changed.safetensors");
  await writeSafetensors(changed, [
    copyTensor(weight, "renamed"),
    numbers(bias.name, 0, 0),
    numbers(scale.name, 1, 1, 1.5),
    ...rest.map((tensor) => copyTensor(tensor)),
  ]);
  source.close();
  const { stdout, code } = ecagen(["weights", "diff", CHECKPOINT, changed, "--json"]);
  assert.is(code, 1);
  const { values, ...report } = JSON.parse(stdout);
  assert.equal(report, {
    schemaVersion: 1,
    a: CHECKPOINT,
    b: changed,
    ok: false,
    onlyA: ["0.weight"],
    onlyB: ["renamed"],
    types: [{ name: "0.bias", a: { dtype: "F32", shape: [3] }, b: { dtype: "F32", shape: [2] } }],
    same: 13,
    notes: [],
  });
  assert.is(values.length, 1);
  assert.equal([values[0].name, values[0].maxAbs], ["1.weight", 0.5]);
  assert.ok(Math.abs(values[0].cosine - 3.5 / Math.sqrt(3 * 4.25)) < 1e-12);
  const text = ecagen(["weights", "diff", CHECKPOINT, changed]);
  assert.is(text.code, 1);
  assert.match(text.stdout, /1\.weight +5\.00e-1 +0\.980196/);
  assert.match(text.stdout, /13 tensors are the same; 1 have other numbers, 1 other types; 1 are only in/);
});

test("exported weights are what a compile of them starts from", () => {
  const [weights, first, second] = ["w.safetensors", "a.onnx", "b.onnx"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  // Kept, because a normalisation that is folded into initial weights multiplies them before they are float32.
  const common = ["compile", "specs/small.json", "--keep-bn", "--json"];
  const exported = ecagen([...common, "-o", first, "--seed", "3", "--export-weights", weights]);
  assert.is(exported.code, 0, exported.stderr);
  const report = JSON.parse(exported.stdout);
  const { tensors } = JSON.parse(ecagen(["weights", "inspect", weights, "--json"]).stdout);
  assert.equal(report.exportedWeights, {
    file: weights,
    bytes: readFileSync(weights).length,
    tensors: tensors.length,
  });
  const elements = tensors.reduce(
    (sum: number, { shape }: { shape: number[] }) => sum + shape.reduce((a, b) => a * b, 1),
    0,
  );
  const stats = JSON.parse(ecagen(["stats", "specs/small.json", "--json"]).stdout);
  assert.is(elements, stats.parameters + stats.buffers);

  // The same numbers come out, whatever the seed: the graph holds nothing that the file lacks.
  const loaded = ecagen([...common, "-o", second, "--seed", "4", "--weights", weights]);
  assert.is(loaded.code, 0, loaded.stderr);
  assert.equal(ecagen(["weights", "diff", first, second]).code, 0);
  const other = ecagen([...common, "-o", second, "--seed", "4"]);
  assert.is(other.code, 0);
  assert.is(ecagen(["weights", "diff", first, second]).code, 1);
});

test("what can't be read or written is said without a stack trace, with exit code 2", () => {
  const broken = join(folder, "broken.safetensors");
  writeFileSync(broken, Buffer.concat([Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]), Buffer.from('{"t":null')]));
  const same = join(folder, "same.onnx");
  const [spec, input] = [join(folder, "spec.json"), join(folder, "x.npy")];
  copyFileSync("test/data/fixtures/effnet_se.json", spec);
  copyFileSync("test/data/fixtures/effnet_se.input.npy", input);
  for (const [args, message] of [
    [["weights", "inspect", broken], /is not a valid safetensors file: its header is wrong/],
    [
      ["weights", "diff", CHECKPOINT, join(folder, "missing")],
      /missing can't be read: there is no such file/,
    ],
    [["weights", "inspect", "package.json"], /package\.json is no file of tensors: it is a JSON file/],
    [["weights"], /which command of weights\?[\s\S]*known: inspect/],
    [["weights", "inspct", broken], /unknown command "weights inspct"[\s\S]*did you mean "inspect"\?/],
    [["compile", "specs/small.json", "-o", same, "--export-weights", same], /can't both be written to/],
    [["compile", spec, "-o", spec], /spec\.json is read, so it can't be written/],
    [["compile", spec, "-o", same, "--export-weights", spec], /spec\.json is read/],
    [["weights", "convert", CHECKPOINT, "--spec", spec, "--names", "timm", "-o", spec], /spec\.json is read/],
    [["run", spec, "--input", input, "--output", input], /x\.npy is read, so it can't be written/],
    [
      ["compile", "specs/small.json", "-o", same, "--export-weights", join(folder, "none/w.safetensors")],
      /can't write .*none\/w\.safetensors: its directory does not exist/,
    ],
  ] as const) {
    const { code, stderr } = ecagen(args);
    assert.is(code, 2, args.join(" "));
    assert.match(stderr, message);
    assert.not.match(stderr, /\n\s+at /);
  }
  // A file that the command prints to is none for the model.
  const log = join(folder, "log");
  writeFileSync(log, "before\n");
  const line = `"${process.execPath}" dist/cli.js compile specs/small.json -o /dev/stdout >> "${log}"`;
  const appended = spawnSync(line, { shell: true, encoding: "utf8" });
  assert.is(appended.status, 2);
  assert.match(appended.stderr, /what the command prints goes there/);
  assert.is(readFileSync(log, "utf8"), "before\n");
  const { errors } = JSON.parse(ecagen(["weights", "inspct", "--json"]).stdout);
  assert.is(errors.length, 1);
  assert.equal(
    readdirSync(folder).filter((name) => name.endsWith(".tmp")),
    [],
  );
});

test.run();
