import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { openTensors } from "../../src/files/tensors/open.js";
import { type NpyArray, writeNpy } from "../../src/files/tensors/write.js";
import type { NpyDType } from "../../src/weights/formats/numpy/header.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("weights: .npy files written");
const FIXTURES = "test/data/fixtures";

function arrayOf(file: string): NpyArray {
  const source = openTensors(file);
  try {
    const [tensor] = source.tensors.values();
    assert.ok(tensor);
    const bytes = new Uint8Array(tensor.byteLength);
    tensor.readInto(bytes, 0);
    return { dtype: tensor.dtype as NpyDType, dims: tensor.dims, bytes };
  } finally {
    source.close();
  }
}

test("NumPy's own files are written again byte for byte", () =>
  inTemporaryFolder(async (folder) => {
    const files = readdirSync(FIXTURES).filter((name) => name.endsWith(".npy"));
    assert.ok(files.length > 20);
    await writeNpy(new Map(files.map((name) => [join(folder, name), arrayOf(join(FIXTURES, name))])));
    for (const name of files) {
      assert.equal(readFileSync(join(folder, name)), readFileSync(join(FIXTURES, name)), name);
    }
  }));

test("heads of scalars, vectors and long shapes are read back, and end on a multiple of 64", () =>
  inTemporaryFolder(async (folder) => {
    for (const dims of [[], [3], [1, 2, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1], [0, 4]]) {
      // A file that was read is not written over.
      const file = join(folder, `${dims.length}.npy`);
      const array = {
        dtype: "I16",
        dims,
        bytes: new Uint8Array(2 * dims.reduce((a, b) => a * b, 1)),
      } as const;
      await writeNpy(new Map([[file, array]]));
      assert.equal(arrayOf(file), array);
      assert.is((readFileSync(file).length - array.bytes.length) % 64, 0);
    }
  }));

test("where one file can't be written, none is", () =>
  inTemporaryFolder(async (folder) => {
    const array = { dtype: "U8", dims: [1], bytes: Uint8Array.of(1) } as const;
    const first = join(folder, "a.npy");
    const files = new Map([
      [first, array],
      [join(folder, "none", "b.npy"), array],
    ]);
    const error = await writeNpy(files).catch((each: unknown) => each);
    assert.instance(error, InputError);
    assert.not(existsSync(first));
  }));

test.run();
