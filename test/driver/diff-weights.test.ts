import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { diffWeights, type WeightsDiff } from "../../src/driver/weights/diff.js";
import { writeSafetensors } from "../../src/files/tensors/write.js";
import { throwsError } from "../throws.js";

const test = suite("driver: two files of weights");
let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-diff-weights-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

type Data = Float32Array | Float64Array | BigInt64Array;
type Tensors = Readonly<Record<string, Data | readonly [dims: number[], Float32Array]>>;

let files = 0;

/** A file of its own: one that was read is never written over. */
async function written(tensors: Tensors): Promise<string> {
  const file = join(folder, `${files++}.safetensors`);
  await writeSafetensors(
    file,
    Object.entries(tensors).map(([tensor, given]) => {
      const [dims, data] = "BYTES_PER_ELEMENT" in given ? [[given.length], given] : given;
      const dtype = data instanceof Float64Array ? "F64" : data instanceof BigInt64Array ? "I64" : "F32";
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      return { name: tensor, dtype, dims, pieces: () => [bytes] };
    }),
  );
  return file;
}

async function compared(a: Tensors, b: Tensors): Promise<WeightsDiff> {
  return diffWeights(await written(a), await written(b));
}

const ones = (length: number): Float32Array => new Float32Array(length).fill(1);
const changedAt = (length: number, at: number, value: number): Float32Array => {
  const data = ones(length);
  data[at] = value;
  return data;
};

test("the same tensors in any order are no difference", async () => {
  const report = await compared({ x: ones(3), y: ones(2) }, { y: ones(2), x: ones(3) });
  assert.equal(
    { ...report, a: "", b: "" },
    {
      a: "",
      b: "",
      ok: true,
      onlyA: [],
      onlyB: [],
      types: [],
      values: [],
      same: 2,
      notes: [],
    },
  );
});

test("what only one of both has is said with its side", async () => {
  const { ok, onlyA, onlyB, same } = await compared({ x: ones(1), y: ones(1) }, { x: ones(1), z: ones(1) });
  assert.equal([ok, onlyA, onlyB, same], [false, ["y"], ["z"], 1]);
});

test("another shape is another type, and its numbers are not compared", async () => {
  const { ok, types, values, same } = await compared({ x: [[2, 3], ones(6)] }, { x: [[3, 2], ones(6)] });
  assert.equal(types, [
    { name: "x", a: { dtype: "F32", shape: [2, 3] }, b: { dtype: "F32", shape: [3, 2] } },
  ]);
  assert.equal([ok, values, same], [false, [], 0]);
});

test("another element type with the same numbers is only that", async () => {
  const { ok, types, values, same } = await compared({ x: ones(4) }, { x: new Float64Array(4).fill(1) });
  assert.equal(types, [{ name: "x", a: { dtype: "F32", shape: [4] }, b: { dtype: "F64", shape: [4] } }]);
  assert.equal([ok, values, same], [false, [], 1]);
});

test("other numbers have their distance, the furthest apart first, wherever in a tensor they are", async () => {
  // More than the pieces that bytes and numbers are compared in.
  const length = 100_000;
  const { ok, values, same } = await compared(
    { near: ones(2), far: ones(length), same: ones(5) },
    { near: changedAt(2, 0, 1.5), far: changedAt(length, length - 1, -2), same: ones(5) },
  );
  assert.equal([ok, same], [false, 1]);
  assert.equal(
    values.map(({ name, maxAbs }) => [name, maxAbs]),
    [
      ["far", 3],
      ["near", 0.5],
    ],
  );
  const cosine = (length - 3) / Math.sqrt(length * (length + 3));
  assert.ok(Math.abs((values[0]?.cosine ?? 0) - cosine) < 1e-12);
});

test("zeros of either sign are the same, a NaN where the other has a number is furthest of all", async () => {
  const { values, same } = await compared(
    { zero: Float32Array.of(0), nan: ones(2), far: ones(1) },
    { zero: Float32Array.of(-0), nan: changedAt(2, 1, Number.NaN), far: Float32Array.of(1e30) },
  );
  assert.equal([same, values.map(({ name }) => name), values[0]?.maxAbs], [1, ["nan", "far"], Number.NaN]);
});

test("integers that float64 rounds to one are 1 apart, and the same ones are no difference", async () => {
  const large = 2n ** 53n;
  const { ok, values, same } = await compared(
    { same: BigInt64Array.of(3n, large + 1n), near: BigInt64Array.of(large), far: BigInt64Array.of(1n) },
    { same: BigInt64Array.of(3n, large + 1n), near: BigInt64Array.of(large + 1n), far: BigInt64Array.of(5n) },
  );
  assert.equal([ok, same], [false, 1]);
  assert.equal(
    values.map(({ name, maxAbs }) => [name, maxAbs]),
    [
      ["far", 4],
      ["near", 1],
    ],
  );
});

test("a file that can't be read is an error of the input, whichever it is", async () => {
  const file = await written({ x: ones(1) });
  const absent = join(folder, "absent.safetensors");
  for (const [a, b] of [
    [file, absent],
    [absent, file],
  ] as const) {
    throwsError(() => diffWeights(a, b), InputError, /absent/);
  }
});

test.run();
