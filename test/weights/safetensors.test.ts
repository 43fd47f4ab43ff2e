import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { storedWeight } from "../../src/ir/weight.js";
import { materialize, weightChunks } from "../../src/weights/materialize.js";
import { openTensors } from "../../src/weights/open.js";
import { lendNumbers, type StoredTensor } from "../../src/weights/tensor-source.js";

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
  assert.throws(() => materialize(lent, 0), /can't be read/);
});

test.run();
