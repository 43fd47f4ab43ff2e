import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { decodeModel } from "../../src/files/models/open.js";
import { writeModel } from "../../src/files/models/write.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph } from "../../src/ir/graph.js";
import { printGraph } from "../../src/ir/print.js";
import { tensorType } from "../../src/ir/types.js";
import { normalWeight } from "../../src/ir/weight.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { LARGEST_MESSAGE, layoutExternal, layoutModel } from "../../src/onnx/encode/layout.js";
import { fieldHeader, ModelProto } from "../../src/onnx/file/proto.js";
import { materialize } from "../../src/weights/values/materialize.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";
import { smallNetwork } from "./networks.js";

const test = suite("onnx: write");

const encode = (graph: Graph) => encodeModel(graph, { producerVersion: "0", metadata: { a: "1" } });
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A fully connected layer of `outputs` x 50,000 numbers. */
function linear(outputs: number): Graph {
  const builder = new GraphBuilder("large");
  const x = builder.input("x", tensorType(["N", 50_000]));
  const dims = [outputs, 50_000];
  const weight = builder.parameterOf("weight", normalWeight(dims, 0.1, "weight"), "trainable");
  return builder.finish([builder.op("gemm", [x, weight], {}, { scope: "/fc" })]);
}

test("the message that is put together by hand is what protobufjs reads and writes", () => {
  const bytes = modelBytes(encode(smallNetwork()), { seed: 3 });
  const model = ModelProto.decode(bytes);
  assert.is(ModelProto.verify(model), null);
  // protobufjs writes the fields in another order; the message has the same length all the same.
  assert.is(ModelProto.encode(model).finish().length, bytes.length);
});

test("the numbers in the file are the weights of the seed, rounded to float32", () => {
  const encoded = encode(smallNetwork());
  const stored = ModelProto.decode(modelBytes(encoded, { seed: 3 })).graph?.initializer ?? [];
  for (const { name, data } of encoded.initializers) {
    if (data instanceof Uint8Array) continue;
    const bytes = stored.find((tensor) => tensor.name === name)?.rawData as Uint8Array;
    assert.equal([...new Float32Array(Uint8Array.from(bytes).buffer)], [...materialize(data, 3)], name);
  }
});

test("one graph and seed give the same bytes; another seed gives others", () => {
  const bytes = sha256(modelBytes(encode(smallNetwork()), { seed: 3 }));
  assert.is(sha256(modelBytes(encode(smallNetwork()), { seed: 3 })), bytes);
  assert.is.not(sha256(modelBytes(encode(smallNetwork()), { seed: 4 })), bytes);
});

test("the streamed file is the model in memory, and its size and hash are reported", () =>
  inTemporaryFolder(async (folder) => {
    // 500,000 numbers: more than one piece, and a last one that is not full.
    const encoded = encode(linear(10));
    const file = join(folder, "m.onnx");
    const parts: number[] = [];
    const written = await writeModel(file, encoded, { seed: 1, onProgress: (part) => parts.push(part) });
    const bytes = readFileSync(file);
    assert.is(sha256(bytes), sha256(modelBytes(encoded, { seed: 1 })));
    assert.equal(written, { bytes: bytes.length, sha256: sha256(bytes) });
    assert.equal(
      parts,
      [...parts].sort((a, b) => a - b),
      "progress goes forward",
    );
    assert.is(parts.at(-1), 1);
    assert.equal(readdirSync(folder), ["m.onnx"]);
  }));

test("external data lies beside the model, at page boundaries, and is read back", () =>
  inTemporaryFolder(async (folder) => {
    const encoded = encode(smallNetwork("reshape", "N", 64));
    const file = join(folder, "m.onnx");
    const written = await writeModel(file, encoded, { seed: 1, externalData: true });
    const { file: dataFile = "" } = written.externalData ?? {};
    const data = readFileSync(dataFile);
    assert.is(dataFile, join(folder, `m-${sha256(data).slice(0, 16)}.onnx.data`));
    assert.equal(written.externalData, { file: dataFile, bytes: data.length, sha256: sha256(data) });

    const tensors = ModelProto.decode(readFileSync(file)).graph?.initializer ?? [];
    const external = tensors.filter(({ dataLocation }) => dataLocation === 1);
    const entries = external.map((tensor) =>
      Object.fromEntries((tensor.externalData ?? []).map(({ key, value }) => [key, value])),
    );
    assert.equal(
      external.map(({ name }) => name),
      ["stem.weight", "stages.0.blocks.0.project.weight", "head.fc.weight"],
      "tensors under 1 KiB stay in the model",
    );
    for (const { location, offset } of entries) {
      assert.is(location, basename(dataFile));
      assert.is(Number(offset) % 4096, 0);
    }

    const imported = decodeModel(readFileSync(file), file).graph;
    const embedded = decodeModel(modelBytes(encoded, { seed: 1 }), "m.onnx").graph;
    assert.is(printGraph(imported), printGraph(embedded));
    assert.equal(storedNumbers(imported), storedNumbers(embedded));
  }));

function storedNumbers(graph: Graph): unknown {
  return graph.ops.flatMap((op) =>
    op.operands.flatMap((operand) =>
      operand.kind === "parameter" && operand.data.kind === "stored"
        ? [[operand.name, ...materialize(operand.data, 0)]]
        : [],
    ),
  );
}

test("a file above 2 GiB is laid out in two, with offsets that don't fit 32 bits", () => {
  // 50,000 x 50,000 numbers twice, 20 GB: only the layout is made.
  const builder = new GraphBuilder("huge");
  let x: ReturnType<GraphBuilder["op"]> | undefined;
  const input = builder.input("x", tensorType(["N", 50_000]));
  for (const name of ["a", "b"]) {
    const weight = builder.parameterOf(name, normalWeight([50_000, 50_000], 1, name), "trainable");
    x = builder.op("gemm", [x ?? input, weight], {}, { scope: `/${name}` });
  }
  const encoded = encode(builder.finish(x === undefined ? [] : [x]));
  const { model: single } = layoutModel(encoded);
  assert.ok(single.byteLength > 2e10 && single.byteLength > LARGEST_MESSAGE);
  throwsError(() => modelBytes(encoded, { seed: 0 }), InputError, /at most 2 GiB/, {
    code: "onnx/too-large",
  });

  const { model, data } = layoutExternal(encoded, "huge.onnx.data");
  assert.ok(model.byteLength < 2000);
  assert.is(data?.byteLength, 1e10 + (4096 - (1e10 % 4096)) + 1e10);
  const [header] = model.segments.flatMap((segment) =>
    segment.kind === "bytes" && Buffer.from(segment.bytes).includes("10000003072") ? [segment] : [],
  );
  assert.ok(header, "the second tensor's offset is written");
});

test("lengths of fields beyond 32 bits are written whole", () => {
  // Base-128 digits, the lowest first: 2^35 is 1 followed by five zero digits.
  assert.equal([...fieldHeader(9, 2 ** 35)], [9 * 8 + 2, 0x80, 0x80, 0x80, 0x80, 0x80, 1]);
  assert.equal([...fieldHeader(7, 300)], [58, 0xac, 2]);
  assert.equal([...fieldHeader(5, 0)], [42, 0]);
});

test("external data lies beside the file that a link leads to", () =>
  inTemporaryFolder(async (folder) => {
    mkdirSync(join(folder, "real"));
    const target = join(folder, "real", "m.onnx");
    writeFileSync(target, "");
    const link = join(folder, "link.onnx");
    symlinkSync(target, link);
    const { externalData } = await writeModel(link, encode(linear(2)), { seed: 1, externalData: true });
    assert.is(dirname(externalData?.file ?? ""), realpathSync(join(folder, "real")));
    assert.ok(decodeModel(readFileSync(link), target).graph.ops.length > 0);
  }));

test("external data must lie in the model's folder", () =>
  inTemporaryFolder(async (folder) => {
    const inner = join(folder, "inner");
    mkdirSync(inner);
    const file = join(inner, "m.onnx");
    const { externalData } = await writeModel(file, encode(linear(2)), { seed: 1, externalData: true });
    const location = basename(externalData?.file ?? "");
    const data = readFileSync(join(inner, location));
    writeFileSync(join(folder, "outside.data"), data);
    symlinkSync(join(folder, "outside.data"), join(inner, "link.data"));
    const withEntry = (key: string, value: string): Uint8Array => {
      const model = ModelProto.decode(readFileSync(file));
      for (const entry of model.graph?.initializer?.[0]?.externalData ?? [])
        if (entry.key === key) entry.value = value;
      return ModelProto.encode(model).finish();
    };
    assert.ok(decodeModel(withEntry("location", location), file));
    for (const [key, value] of [
      ["location", "../outside.data"],
      ["location", join(folder, "outside.data")],
      ["location", "link.data"],
      ["location", "missing.data"],
      ["location", "."],
      ["location", ""],
      ["location", "a\0b"],
      ["offset", "4096"],
      ["offset", "-1"],
      ["offset", "x"],
      ["length", "1e300"],
      ["length", "8"],
    ] as const) {
      try {
        decodeModel(withEntry(key, value), file);
        assert.unreachable(`${key} ${value}`);
      } catch (error) {
        assert.instance(error, InputError, `${key} ${value}`);
        assert.match((error as InputError).message, /external data/);
      }
    }
  }));

test("peak memory does not grow with the model", () =>
  inTemporaryFolder((folder) => {
    const writer = fileURLToPath(new URL("write-large.ts", import.meta.url));
    const peak = (millions: number): number => {
      const args = ["--import", "tsx", writer, join(folder, "m.onnx"), String(millions)];
      return Number(execFileSync(process.execPath, args, { encoding: "utf8" }));
    };
    const [small, large] = [peak(1), peak(25)];
    assert.ok(large - small < 40, `${small} MB for a model of 4 MB, ${large} MB for one of 100 MB`);
  }));

test("a folder that does not exist gives an error and no file", () =>
  inTemporaryFolder(async (folder) => {
    const file = join(folder, "none", "m.onnx");
    try {
      await writeModel(file, encode(smallNetwork()), { seed: 0 });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, InputError);
      assert.match((error as InputError).message, /its directory does not exist/);
    }
    assert.not.ok(existsSync(join(folder, "none")));
  }));

test.run();
