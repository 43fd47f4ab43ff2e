import { readFileSync, writeFileSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { type OpenedModel, openModel } from "../../src/files/models/open.js";
import type { Op } from "../../src/ir/graph.js";
import type { ModelSource } from "../../src/onnx/decode/source.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { listBytes } from "../../src/onnx/file/list-data.js";
import { type TensorMessage, TensorProto, toInteger } from "../../src/onnx/file/proto.js";
import { elementDType } from "../../src/onnx/file/tensors.js";
import { encodeRewritten } from "../../src/onnx/rewritten/model.js";
import { claimsIn } from "../claims.js";
import { skip } from "../skip.js";
import { type BackendTest, backendTests, HAS_BACKEND_TESTS, tensorOf } from "./backend-data.js";

const test = suite("onnx: ONNX's backend tests, through the IR");

/** Every model that is not compared, with the reason; UPDATE_GOLDEN=1 writes it again. */
const NOT_RUN = "test/data/onnx/backend-not-run.txt";

const { DataType } = TensorProto;

const ORT_TYPES: Readonly<Record<number, ort.Tensor.Type>> = {
  [DataType.FLOAT]: "float32",
  [DataType.DOUBLE]: "float64",
  [DataType.FLOAT16]: "float16",
  [DataType.INT64]: "int64",
  [DataType.INT32]: "int32",
  [DataType.INT16]: "int16",
  [DataType.INT8]: "int8",
  [DataType.UINT64]: "uint64",
  [DataType.UINT32]: "uint32",
  [DataType.UINT16]: "uint16",
  [DataType.UINT8]: "uint8",
  [DataType.BOOL]: "bool",
};

const ARRAYS: Readonly<Record<string, (buffer: ArrayBuffer) => ort.Tensor.DataType>> = {
  float32: (buffer) => new Float32Array(buffer),
  float64: (buffer) => new Float64Array(buffer),
  float16: (buffer) => new Uint16Array(buffer),
  int64: (buffer) => new BigInt64Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  int16: (buffer) => new Int16Array(buffer),
  int8: (buffer) => new Int8Array(buffer),
  uint64: (buffer) => new BigUint64Array(buffer),
  uint32: (buffer) => new Uint32Array(buffer),
  uint16: (buffer) => new Uint16Array(buffer),
  uint8: (buffer) => new Uint8Array(buffer),
  bool: (buffer) => new Uint8Array(buffer),
};

function ortTensor(tensor: TensorMessage | undefined): ort.Tensor | undefined {
  const dims = (tensor?.dims ?? []).map(toInteger);
  if (tensor?.dataType === DataType.STRING) {
    const texts = (tensor.stringData ?? []).map((each) => Buffer.from(each).toString());
    return new ort.Tensor("string", texts, dims);
  }
  const type = ORT_TYPES[tensor?.dataType ?? 0];
  const dtype = tensor && elementDType(tensor);
  if (tensor === undefined || type === undefined || dtype === undefined) return undefined;
  const raw = tensor.rawData?.length ? tensor.rawData : listBytes(tensor, dtype);
  const data = ARRAYS[type]?.(Uint8Array.from(raw).buffer);
  return data && new ort.Tensor(type, data as never, dims);
}

/** What ONNX Runtime gives for a model, as text that is equal for equal bits, or why there is nothing. */
async function outputsOf(
  model: Uint8Array | string,
  { inputs }: BackendTest,
): Promise<{ readonly outputs: string } | { readonly reason: string }> {
  const options = { logSeverityLevel: 4 as const, intraOpNumThreads: 1 };
  try {
    const session =
      typeof model === "string"
        ? await ort.InferenceSession.create(model, options)
        : await ort.InferenceSession.create(model, options);
    const feeds: Record<string, ort.Tensor> = {};
    for (const [i, name] of session.inputNames.entries()) {
      const tensor = ortTensor(tensorOf(inputs[i] ?? new Uint8Array()));
      if (tensor === undefined)
        return { reason: `no tensor that onnxruntime-node takes is given for ${name}` };
      feeds[name] = tensor;
    }
    const outputs = await session.run(feeds);
    const text = session.outputNames.map((name) => describe(outputs[name]));
    await session.release();
    return { outputs: text.join("\n") };
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

/** What ONNX Runtime says, without the places in its own source and on this machine. */
function reasonOf(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.replace(/^.*backend\/test\/data\//, "").replace(/^.*?\.(cc|h):\d+ \S+ /, "");
}

function describe(tensor: ort.Tensor | undefined): string {
  const data = tensor?.data;
  const bytes = ArrayBuffer.isView(data)
    ? Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64")
    : JSON.stringify(data);
  return `${tensor?.type} [${tensor?.dims}] ${bytes}`;
}

/** A file's model in which the ops of the IR are written by their codecs, although the file has them. */
function writtenAnew({ graph, source, opset }: OpenedModel): Uint8Array {
  const onlyOpaque = new Proxy(source, {
    get(target, key: keyof ModelSource) {
      if (key === "nodeOf") return (op: Op) => (op.kind === "opaque" ? target.nodeOf(op) : undefined);
      const value = target[key];
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return modelBytes(encodeRewritten(graph, { source: onlyOpaque, opset }), { seed: 0 });
}

if (HAS_BACKEND_TESTS) {
  const opaque = new Map<string, number>();
  const counts = { models: 0, run: 0, inOps: 0 };

  test("every model comes back from the IR as ONNX Runtime sees it: bit for bit", async () => {
    const different: string[] = [];
    const notRun: string[] = [];
    for (const each of backendTests()) {
      counts.models++;
      const imported = read(each);
      if (typeof imported === "string") {
        notRun.push(`${each.name}: ${imported}`);
        continue;
      }
      try {
        const original = readFileSync(each.model);
        const copy = modelBytes(encodeRewritten(imported.graph, imported), { seed: 0 });
        if (Buffer.compare(original, copy) !== 0) different.push(`${each.name}: other bytes`);
        for (const { operator, domain } of imported.foreign) {
          const name = domain === "" ? operator : `${domain}.${operator}`;
          opaque.set(name, (opaque.get(name) ?? 0) + 1);
        }
        const expected = await outputsOf(each.model, each);
        if ("reason" in expected) {
          notRun.push(`${each.name}: ${expected.reason}`);
          continue;
        }
        counts.run++;
        if (imported.graph.ops.some(({ kind }) => kind !== "opaque")) counts.inOps++;
        const anew = await outputsOf(writtenAnew(imported), each);
        if ("reason" in anew) different.push(`${each.name}: ${anew.reason}`);
        else if (anew.outputs !== expected.outputs) different.push(`${each.name}: other outputs`);
      } finally {
        imported.close();
      }
    }
    assert.equal(different, []);
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(NOT_RUN, `${notRun.join("\n")}\n`);
    const expected = readFileSync(NOT_RUN, "utf8").trimEnd().split("\n");
    // Whether some run depends on the languages that the machine has.
    const isCertain = (line: string): boolean => !line.includes("Failed to construct locale");
    assert.equal(notRun.filter(isCertain), expected.filter(isCertain));
    assert.is(counts.run, counts.models - notRun.length);
    assert.equal(claimsIn("docs/rewrite.md", /([\d,]+) of ([\d,]+) models, come back from the IR/), [
      counts.models - expected.length,
      counts.models,
    ]);
  });

  test("what is opaque is listed", () => {
    const listed = [...opaque].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    const lines = listed.map(([name, count]) => `  ${count} ${name}`);
    console.log(
      `\n${counts.models} models, ${counts.run} run by ONNX Runtime, ${counts.inOps} with ops of the IR; opaque nodes:\n${lines.join("\n")}`,
    );
    assert.ok(listed.length > 0);
  });
} else {
  skip("ONNX's backend tests, through the IR", "libonnx-testdata is not installed");
}

/** A model, or why it is refused. */
function read(each: BackendTest): OpenedModel | string {
  try {
    return openModel(each.model);
  } catch (error) {
    if (error instanceof InputError) return reasonOf(error);
    throw error;
  }
}

test.run();
