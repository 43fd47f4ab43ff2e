import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Defect, InputError } from "../../src/base/diagnostic.js";
import { openTensors } from "../../src/files/tensors/open.js";
import { writeSafetensors } from "../../src/files/tensors/write.js";
import { storedWeight } from "../../src/ir/weight.js";
import { FILE_DTYPE_NAMES, FILE_DTYPES } from "../../src/weights/formats/file-dtypes.js";
import { copyTensor, lendNumbers, type StoredTensor } from "../../src/weights/formats/tensor-source.js";
import { materialize, weightChunks } from "../../src/weights/values/materialize.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";
import { largestRead } from "./spy-on-reads.js";

const test = suite("weights: safetensors");

const FIXTURES = "test/data/fixtures";
const files = readdirSync(FIXTURES).filter((file) => file.endsWith(".safetensors"));

test("files of the reference implementation are read: names, types, sizes, numbers", () => {
  assert.ok(files.length >= 9);
  const source = openTensors(`${FIXTURES}/effnet_eca.safetensors`);
  assert.is(source.format, "safetensors");
  assert.equal([...source.metadata], [["format", "pt"]]);
  const weight = source.tensors.get("conv_stem.weight") as StoredTensor;
  assert.is(weight.dtype, "F32");
  assert.is(weight.byteLength, 4 * weight.dims.reduce((a, b) => a * b));
  const batches = source.tensors.get("bn1.num_batches_tracked") as StoredTensor;
  assert.equal([batches.dtype, batches.dims], ["I64", []]);
  source.close();
});

test("lent numbers are the same in pieces of any size, and gone after close", () => {
  const source = openTensors(`${FIXTURES}/effnet_eca.safetensors`);
  const tensor = source.tensors.get("conv_stem.weight") as StoredTensor;
  const lent = storedWeight(tensor.dims, "w", lendNumbers(tensor, source.file));
  const bytes = new Uint8Array(tensor.byteLength);
  tensor.readInto(bytes, 0);
  const expected = [...new Float32Array(bytes.buffer)];
  assert.equal([...materialize(lent, 0)], expected);
  const pieces: number[] = [];
  for (const piece of weightChunks(lent, 0, 7)) pieces.push(...piece);
  assert.equal(pieces, expected);
  source.close();
  throwsError(() => materialize(lent, 0), Defect, /is read after it was closed/);
});

test("what is read and written again is the same file, byte for byte", () =>
  inTemporaryFolder(async (folder) => {
    const copy = join(folder, "copy.safetensors");
    for (const file of [
      ...files.map((each) => `${FIXTURES}/${each}`),
      "test/data/weights/mixed.safetensors",
    ]) {
      const source = openTensors(file);
      // In another order than that of the file, which the writer must not depend on.
      const tensors = [...source.tensors.values()].reverse().map((tensor) => copyTensor(tensor));
      const parts: number[] = [];
      const onProgress = (part: number): number => parts.push(part);
      const written = await writeSafetensors(copy, tensors, { metadata: source.metadata, onProgress });
      source.close();
      const expected = readFileSync(file);
      assert.is(parts.at(-1), 1, "progress ends with the whole");
      assert.equal(
        parts,
        parts.toSorted((a, b) => a - b),
        "progress goes forward",
      );
      assert.is(Buffer.compare(readFileSync(copy), expected), 0, file);
      assert.is(written.bytes, expected.length);
    }
  }));

test("a file of every element type is read as it was written", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "types.safetensors");
    // Eight elements fill whole bytes in every type.
    const contents = FILE_DTYPE_NAMES.map((dtype, i) => {
      const bytes = Uint8Array.from({ length: FILE_DTYPES[dtype].bits }, (_, j) => i * 7 + j);
      return { dtype, bytes };
    });
    await writeSafetensors(
      file,
      contents.map(({ dtype, bytes }) => ({
        name: `of ${dtype}`,
        dtype,
        dims: [2, 4],
        pieces: () => [bytes],
      })),
    );
    const source = openTensors(file);
    for (const { dtype, bytes } of contents) {
      const tensor = source.tensors.get(`of ${dtype}`) as StoredTensor;
      const found = new Uint8Array(tensor.byteLength);
      tensor.readInto(found, 0);
      assert.equal(found, bytes, dtype);
    }
    assert.equal([...source.tensors.values()].map(({ dtype }) => dtype).reverse(), FILE_DTYPE_NAMES);
    throwsError(
      () => lendNumbers(source.tensors.get("of F8_E4M3") as StoredTensor, file),
      InputError,
      /has elements of F8_E4M3, which have no float32 numbers here/,
      { code: "weights/dtype" },
    );
    source.close();
  }));

test("a failed write leaves what was there; names that the format can't hold are all listed", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "out.safetensors");
    writeFileSync(file, "before");
    const tensor = (name: string) => ({ name, dtype: "F32" as const, dims: [0], pieces: () => [] });
    const names = ["twice", "twice", "__metadata__", "half \ud800"];
    const problems = await writeSafetensors(file, names.map(tensor)).then(
      () => [],
      (error: InputError) => error.diagnostics.map(({ message }) => message.replace(/^.*written: /, "")),
    );
    assert.equal(problems, [
      'there are two tensors "twice"',
      "a tensor can't have the name __metadata__",
      'the name "half \\ud800" is no Unicode text',
    ]);
    const failing = {
      ...tensor("w"),
      *pieces(): Iterable<Uint8Array> {
        yield Uint8Array.of(1);
        throw new Error("the source is gone");
      },
    };
    const failure = await writeSafetensors(file, [failing]).then(
      () => "",
      (error: Error) => error.message,
    );
    assert.is(failure, "the source is gone");
    assert.equal(readdirSync(folder), ["out.safetensors"]);
    assert.is(readFileSync(file, "utf8"), "before");
  }));

test("a large file is opened and read by slices", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "large.safetensors");
    const piece = new Uint8Array(1 << 16);
    function* pieces(): Iterable<Uint8Array> {
      for (let i = 0; i < 64; i++) yield piece.fill(i);
    }
    await writeSafetensors(file, [{ name: "w", dtype: "F16", dims: [2048, 1024], pieces }]);
    const largest = largestRead(() => {
      const source = openTensors(file);
      const weight = storedWeight(
        [2048, 1024],
        "w",
        lendNumbers(source.tensors.get("w") as StoredTensor, file),
      );
      let count = 0;
      for (const numbers of weightChunks(weight, 0)) count += numbers.length;
      assert.is(count, 2048 * 1024);
      source.close();
    });
    assert.ok(largest <= 1 << 17, `${largest} bytes at once`);
  }));

/** Splits the tensors of a file into shards with an index. */
async function writeShards(folder: string): Promise<{ index: string; weights: Record<string, string> }> {
  const source = openTensors(`${FIXTURES}/effnet_eca.safetensors`);
  const all = [...source.tensors.values()];
  const weights: Record<string, string> = {};
  for (const [i, part] of [all.slice(0, 40), all.slice(40)].entries()) {
    const shard = `model-0000${i + 1}-of-00002.safetensors`;
    await writeSafetensors(
      join(folder, shard),
      part.map((tensor) => copyTensor(tensor)),
      { metadata: source.metadata },
    );
    for (const { name } of part) weights[name] = shard;
  }
  source.close();
  const index = join(folder, "model.safetensors.index.json");
  writeFileSync(index, JSON.stringify({ metadata: { total_size: 1 }, weight_map: weights }));
  return { index, weights };
}

test("a folder of shards is one source; its index may be named itself", () =>
  inTemporaryFolder(async (folder) => {
    const { index, weights } = await writeShards(folder);
    const whole = openTensors(`${FIXTURES}/effnet_eca.safetensors`);
    for (const path of [folder, index]) {
      const source = openTensors(path);
      assert.is(source.format, "safetensors-index");
      assert.equal([...source.tensors.keys()].sort(), Object.keys(weights).sort());
      for (const [name, tensor] of source.tensors) {
        const expected = whole.tensors.get(name) as StoredTensor;
        const [a, b] = [tensor, expected].map((each) => {
          const bytes = new Uint8Array(each.byteLength);
          each.readInto(bytes, 0);
          return bytes;
        });
        assert.equal(a, b, name);
      }
      source.close();
    }
    whole.close();
  }));

test("an index that doesn't fit its shards is refused, with all that is wrong", () =>
  inTemporaryFolder(async (outer) => {
    const folder = join(outer, "model");
    mkdirSync(folder);
    const { index, weights } = await writeShards(folder);
    const [first, ...others] = Object.entries(weights) as [[string, string], ...[string, string][]];
    const problemsOf = (map: unknown): readonly string[] => {
      writeFileSync(index, typeof map === "string" ? map : JSON.stringify({ weight_map: map }));
      try {
        openTensors(folder);
        return assert.unreachable() as never;
      } catch (error) {
        assert.instance(error, InputError);
        return (error as InputError).diagnostics.map(({ message }) => message.replace(/^.*?: /, ""));
      }
    };
    assert.equal(problemsOf({ ...Object.fromEntries(others), new: first[1] }), [
      `"new" is not in "${first[1]}"`,
      `"${first[0]}" of "${first[1]}" is not in it`,
    ]);
    writeFileSync(join(outer, "outside.safetensors"), "");
    for (const shard of ["../outside.safetensors", "/etc/hostname"]) {
      assert.equal(problemsOf({ ...weights, [first[0]]: shard }), [
        `its shard "${shard}" must be a file in its folder`,
      ]);
    }
    assert.equal(problemsOf({ w: "missing.safetensors" }), [
      'its shard "missing.safetensors" can\'t be read: there is no such file',
    ]);
    assert.equal(problemsOf({ w: 3 }), ['its weight_map has no shard\'s name at "w"']);
    assert.match(problemsOf([]).join(), /has no weight_map/);
    assert.match(problemsOf("{").join(), /is not JSON/);
  }));

test("an index that is a pipe is refused, and not waited for", () =>
  inTemporaryFolder((folder) => {
    const index = join(folder, "model.safetensors.index.json");
    execFileSync("mkfifo", [index]);
    throwsError(() => openTensors(index), InputError, /it is not a regular file/, {
      code: "file/unreadable",
    });
    throwsError(() => openTensors(folder), InputError, /it is not a regular file/, {
      code: "file/unreadable",
    });
  }));

test("a folder needs one index or one file", () =>
  inTemporaryFolder((folder) => {
    throwsError(() => openTensors(folder), InputError, /it has neither/, { code: "weights/folder" });
    for (const name of ["a", "b"]) writeFileSync(join(folder, `${name}.safetensors`), "");
    throwsError(() => openTensors(folder), InputError, /it has a.safetensors, b.safetensors/, {
      code: "weights/folder",
    });
  }));

test.run();
