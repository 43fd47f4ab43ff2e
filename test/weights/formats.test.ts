import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { utf8 } from "../../src/base/bytes.js";
import { InputError } from "../../src/base/diagnostic.js";
import { openTensors } from "../../src/files/tensors/open.js";
import { elementCount } from "../../src/ir/types.js";
import { exactNumbers, lendNumbers, type StoredTensor } from "../../src/weights/formats/tensor-source.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

/** Files that NumPy, PyTorch and safetensors wrote, see test/python/make_weight_files.py. */
const FOLDER = "test/data/weights";

type Expected = Readonly<Record<string, Readonly<Record<string, { shape: number[]; numbers: number[] }>>>>;
const expected: Expected = JSON.parse(readFileSync(`${FOLDER}/expected.json`, "utf8"));

const test = suite("weights: formats");

function numbersOf(tensor: StoredTensor, pieceElements: number): number[] {
  const numbers = exactNumbers(tensor, "a file");
  const all: number[] = [];
  for (let start = 0; start < numbers.length; start += pieceElements) {
    const piece = new Float64Array(Math.min(pieceElements, numbers.length - start));
    numbers.copyTo(piece, start);
    all.push(...piece);
  }
  return all;
}

for (const [file, tensors] of Object.entries(expected)) {
  test(`${file} has the tensors that its library reads from it`, () => {
    const source = openTensors(`${FOLDER}/${file}`);
    assert.equal([...source.tensors.keys()].sort(), Object.keys(tensors).sort());
    for (const [name, { shape, numbers }] of Object.entries(tensors)) {
      const tensor = source.tensors.get(name) as StoredTensor;
      assert.equal(tensor.dims, shape, name);
      for (const size of [1, 5, 1000]) assert.equal(numbersOf(tensor, size), numbers, `${name} by ${size}`);
    }
    source.close();
  });
}

test("the format is recognised by the content, not by the name", () => {
  const formats = Object.keys(expected).map((file) => {
    const source = openTensors(`${FOLDER}/${file}`);
    source.close();
    return [file, source.format];
  });
  assert.equal(Object.fromEntries(formats), {
    "arrays.npz": "npz",
    "compressed.npz": "npz",
    "fortran.npy": "npy",
    "state.pt": "torch",
    "checkpoint.pth": "torch",
    "mixed.safetensors": "safetensors",
  });
});

test("a float64 number is rounded to float32 on its way into a model, and only then", () => {
  const source = openTensors(`${FOLDER}/state.pt`);
  const tensor = source.tensors.get("double") as StoredTensor;
  const [exact, lent] = [exactNumbers, lendNumbers].map((read) => {
    const numbers = new Float64Array(elementCount(tensor.dims));
    read(tensor, "a file").copyTo(numbers, 0);
    return [...numbers];
  });
  assert.equal(lent, exact?.map(Math.fround));
  assert.not.equal(lent, exact);
  source.close();
});

for (const [file, message] of [
  ["big-endian.npy", /elements are '>f4': big-endian numbers are not read/],
  ["objects.npy", /elements are '\|O': Python objects are never read/],
  ["module.pt", /it contains an object of "torch.nn.modules.linear.Linear", not a dict of tensors/],
  ["no-tensors.pt", /it contains a dict with "epoch", "loss", not a dict of tensors/],
  ["repeated.pt", /"x" is larger than its storage/],
  ["legacy.pt", /from before PyTorch 1.6/],
  ["../../../package.json", /is no file of tensors: it is a JSON file/],
] as const) {
  test(`${file} is refused, with the way out`, () => {
    try {
      openTensors(`${FOLDER}/${file}`);
      assert.unreachable();
    } catch (error) {
      assert.instance(error, InputError);
      const [diagnostic, ...more] = (error as InputError).diagnostics;
      assert.equal(more, []);
      assert.match(diagnostic?.message ?? "", message);
      assert.ok(diagnostic?.hint);
      if (/\.pt$/.test(file)) assert.match(diagnostic?.hint ?? "", /torch\.(load\(.*weights_only=|save\()/);
    }
  });
}

/** A tar archive's first block, with the name of its first file. */
function tarStart(name: string): Uint8Array {
  const block = new Uint8Array(1024);
  block.set(utf8(name));
  block.set(utf8("ustar"), 257);
  return block;
}

test("a tar archive is PyTorch's of before 1.6 by the file that it begins with, and else any", () =>
  inTemporaryFolder((folder) => {
    const file = join(folder, "x.pt");
    writeFileSync(file, tarStart("sys_info"));
    throwsError(() => openTensors(file), InputError, /from before PyTorch 1.6/, { hint: /torch\.load/ });
    writeFileSync(file, tarStart("weights.safetensors"));
    throwsError(() => openTensors(file), InputError, /it is a tar archive/, { hint: /unpack it first/ });
  }));

/** The files in a folder that this process has open, on Linux. */
function openFilesIn(folder: string): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      return file.startsWith(folder) ? [file] : [];
    } catch {
      return []; // That of the listing itself.
    }
  });
}

test("no file stays open: none that was closed, and none that was refused", () =>
  inTemporaryFolder((folder) => {
    if (process.platform !== "linux") return;
    for (const file of Object.keys(expected)) {
      const [whole, cut] = [join(folder, file), join(folder, `cut-${file}`)];
      const bytes = readFileSync(`${FOLDER}/${file}`);
      writeFileSync(whole, bytes);
      writeFileSync(cut, bytes.subarray(0, -1));
      const source = openTensors(whole);
      assert.equal(openFilesIn(folder), [whole]);
      source.close();
      throwsError(() => openTensors(cut), InputError, /./);
      assert.equal(openFilesIn(folder), []);
    }
  }));

test.run();
