import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeSafetensors } from "../../src/files/tensors/write.js";
import { openWeights } from "../../src/given/weights.js";
import type { FileDType } from "../../src/weights/formats/file-dtypes.js";
import type { StoredTensor } from "../../src/weights/formats/tensor-source.js";
import { nonFiniteWarnings } from "../../src/weights/values/non-finite.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { poisonedFixture } from "./poisoned.js";

const test = suite("weights: numbers that are not finite");

/** The greatest and the least finite numbers beside what is neither, as bits of each type. */
const NUMBERS: Readonly<Partial<Record<FileDType, Uint8Array<ArrayBuffer>>>> = {
  F16: new Uint8Array(Uint16Array.of(0x7bff, 0x7c00, 0xfc00, 0x7e01, 0x0001, 0xfbff).buffer),
  BF16: new Uint8Array(Uint16Array.of(0x7f7f, 0x7f80, 0xff80, 0x7fc1, 0x0001, 0xff7f).buffer),
  F32: new Uint8Array(Uint32Array.of(0x7f7fffff, 0x7f800000, 0xff800000, 0x7fc00001, 1, 0xff7fffff).buffer),
  // The last but one is finite, and beyond float32.
  F64: new Uint8Array(Float64Array.of(3.4e38, Infinity, -Infinity, NaN, 5e-324, -3.4e38).buffer),
  I32: new Uint8Array(Int32Array.of(0x7f800000, -1, 0, 0, 0, 0).buffer),
  U8: Uint8Array.of(0xff, 0x7f, 0, 0, 0, 0),
};

/** Reads a tensor in pieces of so many bytes. */
function read(tensor: StoredTensor | undefined, piece: number): void {
  assert.ok(tensor);
  for (let offset = 0; offset < tensor.byteLength; offset += piece) {
    tensor.readInto(new Uint8Array(Math.min(piece, tensor.byteLength - offset)), offset);
  }
}

test("NaN and both infinities count in each type, and nothing else", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "all.safetensors");
    const tensors = Object.entries(NUMBERS).map(([dtype, bytes]) => ({
      name: dtype,
      dtype: dtype as FileDType,
      dims: [6],
      pieces: () => [bytes],
    }));
    await writeSafetensors(file, tensors);
    const source = openWeights(file);
    for (const tensor of source.tensors.values()) read(tensor, tensor.byteLength);
    assert.equal(
      new Map([...source.nonFinite].sort()),
      new Map([
        ["BF16", 3],
        ["F16", 3],
        ["F32", 3],
        ["F64", 3],
      ]),
    );
    source.close();
  }));

test("a number of float64 that is beyond float32 counts", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "wide.safetensors");
    const bytes = new Uint8Array(Float64Array.of(1, 1e39).buffer);
    await writeSafetensors(file, [{ name: "wide", dtype: "F64", dims: [2], pieces: () => [bytes] }]);
    const source = openWeights(file);
    read(source.tensors.get("wide"), 8);
    assert.equal([...source.nonFinite], [["wide", 1]]);
    source.close();
  }));

test("an element counts once, in pieces of any size and however often it is read", () =>
  inTemporaryFolder((folder) => {
    const name = "conv_stem.weight";
    const source = openWeights(poisonedFixture(folder, { [name]: [0, 1, 100, 431] }));
    const tensor = source.tensors.get(name);
    assert.equal([...source.nonFinite], []);
    tensor?.readInto(new Uint8Array(400), 0);
    assert.equal([...source.nonFinite], [[name, 2]]);
    for (const piece of [4, 404, 1728]) read(tensor, piece);
    // Not at a multiple of the element's size in memory.
    tensor?.readInto(new Uint8Array(405).subarray(1), 0);
    assert.equal([...source.nonFinite], [[name, 4]]);
    source.close();
  }));

test("the warning names the first tensors in the file's order, and counts the others", () =>
  inTemporaryFolder((folder) => {
    const file = poisonedFixture(folder, {
      "bn1.bias": [0],
      "bn1.weight": [1, 2],
      "conv_head.weight": [0],
      "conv_stem.weight": [3],
    });
    const [source, again] = [openWeights(file), openWeights(file)];
    assert.equal(nonFiniteWarnings([source]), []);
    const order = [...source.tensors.keys()];
    for (const name of [...order].reverse()) read(source.tensors.get(name), 1 << 16);
    read(again.tensors.get("bn1.bias"), 64);
    const shown = order
      .flatMap((name) => (source.nonFinite.has(name) ? [`"${name}" (${source.nonFinite.get(name)})`] : []))
      .slice(0, 3);
    const [warning, ...more] = nonFiniteWarnings([source, again]);
    assert.equal(more, []);
    assert.is(warning?.code, "weights/not-finite");
    assert.is(warning?.file, file);
    assert.is(warning?.message, `5 weights are NaN or infinite in float32: ${shown.join(", ")} and 1 more`);
    assert.match(
      nonFiniteWarnings([again])[0]?.message ?? "",
      /^1 weight is NaN or infinite in float32: "bn1\.bias" \(1\)$/,
    );
    source.close();
    again.close();
  }));

test.run();
