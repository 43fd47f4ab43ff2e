import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openModel } from "../../src/files/models/open.js";
import { writeModel } from "../../src/files/models/write.js";
import type { Graph } from "../../src/ir/graph.js";
import { storedDataOf } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import type { ImportedModel } from "../../src/onnx/decode/import.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { FIELD, type ModelMessage, ModelProto } from "../../src/onnx/file/proto.js";
import { WireReader } from "../../src/onnx/file/wire.js";
import { encodeRewritten, type RewrittenOptions } from "../../src/onnx/rewritten/model.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { rewritePipeline } from "../../src/passes/export-pipeline.js";
import { startRuntime } from "../../src/runtime/session.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { foreignModel, GATED } from "./foreign-model.js";
import { smallNetwork } from "./networks.js";

const test = suite("onnx: rewritten models");

/** The file after passes, lowered again. */
function rewritten(
  imported: ImportedModel,
  passes: string,
  options: RewrittenOptions = {},
): { readonly graph: Graph; readonly bytes: Uint8Array } {
  const { opset } = imported;
  const pipeline = [...parsePipeline(passes), ...rewritePipeline({ opset })];
  const { graph } = runPasses(imported.graph, pipeline);
  return { graph, bytes: modelBytes(encodeRewritten(graph, imported, options), { seed: 0 }) };
}

/** The fields of a file's graph as text, to be compared. */
function graphFields(model: Uint8Array): readonly string[] {
  const range = {
    size: model.length,
    readInto: (target: Uint8Array, offset: number) =>
      target.set(model.subarray(offset, offset + target.length)),
  };
  const wire = new WireReader(range);
  const graph = [...wire.fields(0, model.length)].find(({ number }) => number === FIELD.modelGraph);
  if (graph === undefined) throw new Error("no graph");
  return [...wire.fields(graph.start, graph.end)].map(({ begin, end }) =>
    Buffer.from(wire.read(begin, end)).toString("latin1"),
  );
}

async function withModel<T>(
  bytes: Uint8Array,
  use: (imported: ImportedModel, file: string) => T | Promise<T>,
): Promise<T> {
  return await inTemporaryFolder(async (folder) => {
    const file = join(folder, "model.onnx");
    writeFileSync(file, bytes);
    const imported = openModel(file);
    try {
      return await use(imported, file);
    } finally {
      imported.close();
    }
  });
}

const SWAP = "raise-attention,swap-attention{from=eca,to=se}";

test("a file that no pass touches is written byte for byte", () => {
  for (const folder of ["test/data/onnx", "test/data/onnx-reference"]) {
    for (const name of readdirSync(folder).filter((each) => each.endsWith(".onnx"))) {
      const file = join(folder, name);
      const imported = openModel(file);
      const bytes = modelBytes(encodeRewritten(imported.graph, imported), { seed: 0 });
      imported.close();
      assert.is(Buffer.compare(bytes, readFileSync(file)), 0, name);
    }
  }
});

test("so is one of fields, operators and tensors that nobody knows", () =>
  withModel(foreignModel({ custom: true }), (imported, file) => {
    assert.equal(
      imported.foreign.map(({ operator }) => operator),
      ["Cast", "If", "Sharpen"],
    );
    const { bytes } = rewritten(imported, "");
    assert.is(Buffer.compare(bytes, readFileSync(file)), 0);
  }));

test("around a swapped gate every other field of the graph stays what it was", () =>
  withModel(foreignModel({ custom: true }), (imported, file) => {
    const before = graphFields(readFileSync(file));
    const after = graphFields(rewritten(imported, SWAP).bytes);
    const gone = before.filter((field) => !after.includes(field));
    assert.ok(gone.length > 0);
    for (const field of gone) assert.match(field, /attention|eca/);
    const kept = before.filter((field) => after.includes(field));
    assert.equal(
      after.filter((field) => kept.includes(field)),
      kept,
      "the order is that of the file",
    );
    for (const text of [
      "Sharpen",
      "newer",
      "words",
      "sparse",
      "unread",
      "listed",
      "then_branch",
      "a graph of others",
    ]) {
      assert.ok(
        kept.some((field) => field.includes(text)),
        text,
      );
    }
  }));

test("a subgraph goes on reading what takes the place of a gate", () =>
  withModel(foreignModel({ custom: false }), async (imported, file) => {
    const runtime = await startRuntime();
    const x = { dims: [1, 3, 32, 32], data: Float32Array.from({ length: 3072 }, (_, i) => Math.sin(i)) };
    try {
      const run = async (model: Uint8Array | string) => {
        const session = await runtime.open(model);
        return await session.run(new Map([["x", x]]));
      };
      const original = await run(file);
      for (const [passes, same] of [
        ["raise-attention", true],
        [SWAP, false],
        // What the gate multiplied is read by the branches under the name of the product.
        ["raise-attention,remove-attention", false],
      ] as const) {
        const { bytes } = rewritten(imported, passes);
        const given = await run(bytes);
        const [a, b] = [original, given].map((each) => [...(each.get("branch")?.data ?? [])]);
        assert.is(a?.length, b?.length);
        const far = Math.max(...(a ?? []).map((value, i) => Math.abs(value - (b?.[i] ?? Number.NaN))));
        assert.ok(Number.isFinite(far));
        assert.is(far < 1e-6, same, `${passes}: ${far}`);
      }
    } finally {
      runtime.close();
    }
  }));

test("a graph that went through text is written as it was", () =>
  withModel(foreignModel({ custom: true }), (imported, file) => {
    const text = printGraph(imported.graph);
    const graph = parseGraph(text, "<text>", storedDataOf(imported.graph));
    assert.is(printGraph(graph), text);
    const bytes = modelBytes(encodeRewritten(graph, imported), { seed: 0 });
    assert.is(Buffer.compare(bytes, readFileSync(file)), 0);
  }));

test("new nodes, tensors and names stay clear of those of the file", () =>
  withModel(foreignModel({ custom: false }), (imported) => {
    const { graph } = ModelProto.decode(rewritten(imported, SWAP).bytes);
    const names = [
      ...(graph?.initializer ?? []).map(({ name }) => name),
      ...(graph?.node ?? []).flatMap(({ output }) => output ?? []),
    ];
    assert.is(new Set(names).size, names.length);
    assert.ok(names.includes(GATED), "the result of the gate keeps its name");
    const nodes = (graph?.node ?? []).map(({ name }) => name);
    assert.is(new Set(nodes).size, nodes.length);
  }));

test("metadata is added, that of others stays, and entries of the same key are replaced", () =>
  withModel(foreignModel({ custom: false }), async (imported) => {
    const { bytes } = rewritten(imported, "", { metadata: { "ecagen.rewrite": "a" } });
    const again = await withModel(
      bytes,
      (second) => rewritten(second, "", { metadata: { "ecagen.rewrite": "b" } }).bytes,
    );
    const { metadataProps } = ModelProto.decode(again);
    assert.equal(
      metadataProps?.map(({ key, value }) => [key, value]),
      [
        ["theirs", "kept"],
        ["ecagen.rewrite", "b"],
      ],
    );
  }));

test("an open batch can be fixed", () =>
  withModel(foreignModel({ custom: false }), (imported) => {
    const { graph } = ModelProto.decode(rewritten(imported, "", { sizes: { N: 4 } }).bytes);
    const first = (each: NonNullable<ModelMessage["graph"]>["input"]) =>
      each?.map(({ type }) => Number(type?.tensorType?.shape?.dim?.[0]?.dimValue));
    assert.equal(first(graph?.input), [4]);
    assert.is(first(graph?.output)?.[0], 4);
  }));

test("tensors that lie in another file are written to one again, number for number", () =>
  inTemporaryFolder(async (folder) => {
    const [file, copy] = [join(folder, "a.onnx"), join(folder, "b.onnx")];
    const original = await writeModel(file, encodeModel(smallNetwork("reshape"), { producerVersion: "0" }), {
      seed: 0,
      externalData: true,
    });
    const imported = openModel(file);
    assert.ok(imported.source.hasExternalData);
    const written = await writeModel(copy, encodeRewritten(imported.graph, imported), {
      seed: 0,
      externalData: true,
    });
    imported.close();
    const [from = "", to = ""] = [original, written].map((each) => each.externalData?.file);
    assert.is.not(from, to);
    assert.is(Buffer.compare(readFileSync(from), readFileSync(to)), 0);
    const [a, b] = [openModel(file), openModel(copy)];
    assert.is(printGraph(a.graph), printGraph(b.graph));
    a.close();
    b.close();
  }));

test("in files before IR version 4 new tensors are declared as inputs, and those that are gone are not", () => {
  const model = ModelProto.decode(foreignModel({ custom: false }));
  const graph = model.graph ?? {};
  model.irVersion = 3;
  graph.input?.push(
    ...(graph.initializer ?? []).map(({ name = "", dims, dataType }) => ({
      name,
      type: {
        tensorType: {
          elemType: dataType ?? 1,
          shape: { dim: (dims ?? []).map((dimValue) => ({ dimValue })) },
        },
      },
    })),
  );
  return withModel(ModelProto.encode(model).finish(), (imported) => {
    assert.equal(
      imported.graph.inputs.map(({ name }) => name),
      ["x"],
    );
    const after = ModelProto.decode(rewritten(imported, SWAP).bytes).graph;
    const tensors = (after?.initializer ?? []).map(({ name }) => name);
    assert.not(tensors.includes("eca.weight"));
    assert.equal([...(after?.input ?? []).map(({ name }) => name)].sort(), ["x", ...tensors].sort());
  });
});

test.run();
