import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { compile } from "../../src/driver/compile/compile.js";
import { openInitializers } from "../../src/files/models/read.js";
import { SourceTensors } from "../../src/onnx/decode/source-tensors.js";
import { readDocument } from "../../src/onnx/file/document.js";
import {
  type AttributeMessage,
  type ModelMessage,
  ModelProto,
  type TensorMessage,
  TensorProto,
} from "../../src/onnx/file/proto.js";
import { exactNumbers, type StoredTensor } from "../../src/weights/formats/tensor-source.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { largestRead } from "../weights/spy-on-reads.js";

const test = suite("onnx: initializers as a source of tensors");

const { DataType } = TensorProto;

function numbersOf(tensor: StoredTensor): number[] {
  const numbers = new Float64Array(exactNumbers(tensor, "m.onnx").length);
  exactNumbers(tensor, "m.onnx").copyTo(numbers, 0);
  return [...numbers];
}

function model(initializer: TensorMessage[], more: ModelMessage = {}): Uint8Array {
  return ModelProto.encode({
    irVersion: 8,
    producerName: "test",
    ...more,
    graph: { name: "g", node: [{ opType: "Relu", input: ["x"], output: ["y"] }], initializer },
  }).finish();
}

/** Writes a model; gives its tensors' numbers by name, or the messages of its refusal. */
function read(folder: string, bytes: Uint8Array): Record<string, number[]> | readonly string[] {
  const file = join(folder, "m.onnx");
  writeFileSync(file, bytes);
  try {
    const source = openInitializers(file);
    const all = [...source.tensors].map(([name, tensor]) => [name, numbersOf(tensor)]);
    source.close();
    return Object.fromEntries(all);
  } catch (error) {
    assert.instance(error, InputError);
    return (error as InputError).diagnostics.map(({ message }) => message.replace(`${file}: `, ""));
  }
}

test("every initializer of a compiled network is there, in one file and with external data", () =>
  inTemporaryFolder(async (folder) => {
    const numbers = await Promise.all(
      [false, true].map(async (externalData) => {
        const output = join(folder, `${externalData}.onnx`);
        await compile("specs/mobilenetv3-small-100.json", { output, externalData });
        const source = openInitializers(output);
        const all = [...source.tensors].map(
          ([name, tensor]) => [name, tensor.dims, numbersOf(tensor)] as const,
        );
        source.close();
        return all;
      }),
    );
    const decoded = ModelProto.decode(readFileSync(join(folder, "false.onnx"))).graph?.initializer ?? [];
    assert.ok(decoded.length > 100);
    for (const [i, tensor] of decoded.entries()) {
      const raw = Uint8Array.from(tensor.rawData ?? []);
      const expected =
        tensor.dataType === DataType.FLOAT
          ? [...new Float32Array(raw.buffer)]
          : [...new BigInt64Array(raw.buffer)].map(Number);
      assert.equal(numbers[0]?.[i], [tensor.name, (tensor.dims ?? []).map(Number), expected]);
    }
    const sorted = (all: (typeof numbers)[0] | undefined) =>
      [...(all ?? [])].sort((a, b) => (a[0] < b[0] ? -1 : 1));
    assert.equal(sorted(numbers[1]), sorted(numbers[0]));
  }));

test("numbers in lists, by every element type; in raw data as well", () =>
  inTemporaryFolder((folder) => {
    const dims = [2, 1];
    const raw = {
      name: "raw",
      dims,
      dataType: DataType.DOUBLE,
      rawData: new Uint8Array(Float64Array.of(0.1, -2).buffer),
    };
    const found = read(
      folder,
      model([
        { name: "float", dims, dataType: DataType.FLOAT, floatData: [0.5, -2] },
        { name: "double", dims, dataType: DataType.DOUBLE, doubleData: [0.1, -2] },
        { name: "int64", dims, dataType: DataType.INT64, int64Data: [2 ** 40, -2] },
        { name: "uint64", dims, dataType: DataType.UINT64, uint64Data: [2 ** 40, 2] },
        { name: "uint32", dims, dataType: DataType.UINT32, uint64Data: [2 ** 32 - 1, 2] },
        { name: "int32", dims, dataType: DataType.INT32, int32Data: [7, -2] },
        { name: "int16", dims, dataType: DataType.INT16, int32Data: [7, -2] },
        { name: "uint16", dims, dataType: DataType.UINT16, int32Data: [65535, 2] },
        { name: "int8", dims, dataType: DataType.INT8, int32Data: [7, -2] },
        { name: "uint8", dims, dataType: DataType.UINT8, int32Data: [255, 2] },
        { name: "bool", dims, dataType: DataType.BOOL, int32Data: [1, 0] },
        { name: "half", dims, dataType: DataType.FLOAT16, int32Data: [0x3e00, 0xc000] },
        { name: "bfloat", dims, dataType: DataType.BFLOAT16, int32Data: [0x3fc0, 0xc000] },
        { name: "scalar", dims: [], dataType: DataType.FLOAT, floatData: [3] },
        { name: "empty", dims: [0], dataType: DataType.FLOAT },
        raw,
      ]),
    );
    assert.equal(found, {
      float: [0.5, -2],
      double: [0.1, -2],
      int64: [2 ** 40, -2],
      uint64: [2 ** 40, 2],
      uint32: [2 ** 32 - 1, 2],
      int32: [7, -2],
      int16: [7, -2],
      uint16: [65535, 2],
      int8: [7, -2],
      uint8: [255, 2],
      bool: [1, 0],
      half: [1.5, -2],
      bfloat: [1.5, -2],
      scalar: [3],
      empty: [],
      raw: [0.1, -2],
    });
  }));

test("initializers that can't be read are all listed", () =>
  inTemporaryFolder((folder) => {
    const float = { dims: [2], dataType: DataType.FLOAT, floatData: [1, 2] };
    assert.equal(
      read(
        folder,
        model([
          { ...float, name: "same" },
          { ...float, name: "same" },
          { ...float },
          { ...float, name: "text", dataType: DataType.STRING },
          { ...float, name: "short", dims: [3] },
          { ...float, name: "raw", rawData: new Uint8Array(7) },
          { ...float, name: "negative", dims: [-2] },
          { ...float, name: "huge", dims: [2 ** 40, 2 ** 40] },
          { ...float, name: "part", segment: { begin: 0, end: 1 } },
        ]),
      ),
      [
        '"same": there are two of that name',
        "initializer 2: it has no name",
        '"text": its element type STRING is not read',
        '"short": its data has 8 bytes, F32 of [3] has 12',
        '"raw": its data has 7 bytes, F32 of [2] has 8',
        '"negative": its sizes are [-2]',
        '"huge": its sizes are [1099511627776, 1099511627776]',
        '"part": it is one segment of a tensor',
      ],
    );
  }));

test("external data is read inside of the model's folder only", () =>
  inTemporaryFolder((outer) => {
    const folder = join(outer, "model");
    mkdirSync(folder);
    writeFileSync(join(outer, "secret"), new Uint8Array(8));
    writeFileSync(join(folder, "data"), new Uint8Array(Float32Array.of(9, 1, 2).buffer));
    symlinkSync(join(outer, "secret"), join(folder, "link"));
    const at = (location: string, offset = "0", length = "8"): TensorMessage => ({
      name: "w",
      dims: [2],
      dataType: DataType.FLOAT,
      dataLocation: TensorProto.DataLocation.EXTERNAL,
      externalData: Object.entries({ location, offset, length }).map(([key, value]) => ({ key, value })),
    });
    assert.equal(read(folder, model([at("data", "4")])), { w: [1, 2] });
    for (const [tensor, message] of [
      [at("../secret"), /must be a file in the model's folder/],
      [at("link"), /must be a file in the model's folder/],
      [at(join(outer, "secret")), /must be a file in the model's folder/],
      [at("missing"), /can't be read/],
      [at("data", "8"), /8 bytes from 8 of data, which has 12/],
      [at("data", "0", "12"), /must be 8 bytes/],
      [at("data", "-4"), /must be 8 bytes/],
    ] as const) {
      assert.match((read(folder, model([tensor])) as readonly string[]).join(), message);
    }
  }));

test("bytes that are no model, and models with bytes changed: a diagnostic, and no memory beyond the file's size", () =>
  inTemporaryFolder((folder) => {
    const raw = { name: "raw", dims: [50], dataType: DataType.FLOAT, rawData: new Uint8Array(200) };
    const list = { name: "list", dims: [3], dataType: DataType.FLOAT, floatData: [1, 2, 3] };
    const good = model([raw, list]);
    for (const bytes of [new Uint8Array(0), Buffer.from("no model at all"), Buffer.alloc(50, 0xff)]) {
      assert.match((read(folder, bytes) as readonly string[]).join(), /is not an ONNX model/);
    }
    let refused = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        fc.option(fc.nat(good.length - 1), { freq: 3 }),
        (changes, cut) => {
          const bytes = Uint8Array.from(good);
          for (const [at, to] of changes) bytes[at] = to;
          const part = cut === null ? bytes : bytes.subarray(0, cut);
          const largest = largestRead(() => {
            if (Array.isArray(read(folder, part))) refused++;
          });
          assert.ok(largest <= part.length, `${largest} bytes at once`);
        },
      ),
      { numRuns: 300, seed: 4 },
    );
    assert.ok(refused > 80, `only ${refused} of 300`);
  }));

/** What Constant nodes hold, by their attribute. Writers of proto3 leave out what is 0 or empty. */
const CONSTANTS: Readonly<Record<string, readonly [AttributeMessage, readonly number[]]>> = {
  "a number": [{ name: "value_float", f: 1.5 }, [1.5]],
  "no number": [{ name: "value_float" }, [0]],
  numbers: [{ name: "value_floats", floats: [1.5, -2] }, [1.5, -2]],
  "no numbers": [{ name: "value_floats" }, []],
  "an integer": [{ name: "value_int", i: -3 }, [-3]],
  "no integer": [{ name: "value_int" }, [0]],
  integers: [{ name: "value_ints", ints: [4, -5] }, [4, -5]],
  "no integers": [{ name: "value_ints" }, []],
  "a tensor": [{ name: "value", t: { dataType: DataType.FLOAT, dims: [2], floatData: [0.5, 3] } }, [0.5, 3]],
};

test("constants have the numbers of their attribute", () => {
  const node = Object.entries(CONSTANTS).map(([output, [attribute]]) => ({
    ...{ opType: "Constant", output: [output], attribute: [attribute] },
  }));
  const bytes = ModelProto.encode({ irVersion: 8, graph: { name: "g", node } }).finish();
  const range = {
    size: bytes.length,
    readInto: (target: Uint8Array, at: number) => target.set(bytes.subarray(at, at + target.length)),
  };
  const tensors = new SourceTensors(readDocument(range, "m.onnx"), () => range);
  assert.equal(tensors.problems, []);
  const found = Object.keys(CONSTANTS).map((name) => [name, tensors.get(name)?.numbers()]);
  assert.equal(
    found,
    Object.entries(CONSTANTS).map(([name, [, numbers]]) => [name, numbers]),
  );
});

test.run();
