import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { decodeModel } from "../../src/files/models/open.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { tensorType } from "../../src/ir/types.js";
import { constantWeight } from "../../src/ir/weight.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { nodeName, scopeOfNode } from "../../src/onnx/file/names.js";
import { type ModelMessage, ModelProto, toInteger } from "../../src/onnx/file/proto.js";
import { smallNetwork } from "./networks.js";

const test = suite("onnx: export");

const options = { producerVersion: "1.2.3" };

function exported(
  graph = smallNetwork("reshape"),
  more: Partial<Parameters<typeof encodeModel>[1]> = {},
): ModelMessage {
  return ModelProto.decode(modelBytes(encodeModel(graph, { ...options, ...more }), { seed: 0 }));
}

function refusal(act: () => unknown): InputError {
  try {
    act();
  } catch (error) {
    if (error instanceof InputError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("a file says opset 17, IR version 8 and who made it", () => {
  const model = exported();
  assert.is(toInteger(model.irVersion), 8);
  assert.equal(
    model.opsetImport?.map(({ domain, version }) => [domain, toInteger(version)]),
    [["", 17]],
  );
  assert.equal([model.producerName, model.producerVersion], ["ecagen", "1.2.3"]);
  assert.is(toInteger(exported(undefined, { opset: 21 }).opsetImport?.[0]?.version), 21);
});

test("metadata is sorted by key, whatever the order in which it was given", () => {
  const model = exported(undefined, { metadata: { b: "2", a: "1", c: "3" } });
  assert.equal(
    model.metadataProps?.map(({ key, value }) => `${key}=${value}`),
    ["a=1", "b=2", "c=3"],
  );
});

test("nodes are named by scope and operator, so that viewers group them", () => {
  assert.equal(
    exported().graph?.node?.map(({ name }) => name),
    [
      "/stem/Conv",
      "/stem/act/Sigmoid",
      "/stem/act/Mul",
      "/stages/0/blocks/0/attention/GlobalAveragePool",
      "/stages/0/blocks/0/attention/Reshape",
      "/stages/0/blocks/0/attention/Conv",
      "/stages/0/blocks/0/attention/Sigmoid",
      "/stages/0/blocks/0/attention/Reshape_1",
      "/stages/0/blocks/0/attention/Mul",
      "/stages/0/blocks/0/project/Conv",
      "/stages/0/blocks/0/residual/Add",
      "/head/pool/GlobalAveragePool",
      "/head/flatten/Flatten",
      "/head/fc/Gemm",
    ],
  );
});

test("a node's name gives its scope back", () => {
  for (const scope of ["/stem", "/stages/2/blocks/0/attention", "/Conv_stage", "/"]) {
    assert.is(scopeOfNode(nodeName(scope, "Conv"), "Conv"), scope);
    assert.is(scopeOfNode(`${nodeName(scope, "Conv")}_12`, "Conv"), scope);
  }
  assert.is(scopeOfNode("Conv_12", "Conv"), "/");
  assert.is(scopeOfNode("features.3", "Conv"), "/features.3");
});

test("every tensor that a node computes has a declared type, with the batch by its name", () => {
  const { graph } = exported();
  const declared = new Map(
    [...(graph?.valueInfo ?? []), ...(graph?.output ?? [])].map((info) => [info.name, info]),
  );
  for (const node of graph?.node ?? []) {
    for (const output of node.output ?? []) assert.ok(declared.has(output), output);
  }
  assert.is(declared.size, graph?.node?.length);
  assert.equal(
    [...(graph?.input ?? []), ...(graph?.output ?? [])].map(({ name, type }) => [
      name,
      ...(type?.tensorType?.shape?.dim ?? []).map((dim) => dim.dimParam || toInteger(dim.dimValue)),
    ]),
    [
      ["x", "N", 3, 32, 32],
      ["logits", "N", 10],
    ],
  );
});

test("a batch of known size is a number", () => {
  const { graph } = exported(smallNetwork("transpose", 4));
  assert.is(toInteger(graph?.input?.[0]?.type?.tensorType?.shape?.dim?.[0]?.dimValue), 4);
});

test("no operator beyond the IR's own is added, and shapes are raw int64 initializers", () => {
  const { graph } = exported();
  const operators = new Set(graph?.node?.map(({ opType }) => opType));
  for (const forbidden of ["Constant", "Shape", "Gather", "Expand", "Identity", "Squeeze", "Unsqueeze"]) {
    assert.not(operators.has(forbidden));
  }
  const shapes = graph?.initializer?.filter(({ dataType }) => dataType === 7) ?? [];
  assert.equal(
    shapes.map(({ rawData }) => rawData?.length),
    [32, 32],
  );
});

test("a name that an input, a parameter and a result share is made unique; the input keeps it", () => {
  const builder = new GraphBuilder("names");
  const x = builder.input("same", tensorType(["N", 2]));
  const first = builder.op("relu", [x], {}, { scope: "/a" }, "relu");
  const weight = { ...builder.parameterOf("w", constantWeight([2], 1), "trainable"), name: "same" };
  const graph = builder.finish([builder.op("add", [first, weight], {}, { scope: "/a" }, "sum")]);
  const [relu, add] = exported(graph).graph?.node ?? [];
  assert.equal(relu?.input, ["same"]);
  assert.equal(add?.input, ["relu", "same_1"]);
});

test("every model-level op is refused, with its place in the spec", () => {
  const builder = new GraphBuilder("model");
  const x = builder.input("x", tensorType(["N", 2, 3, 3]));
  const act = builder.op("silu", [x], {}, { scope: "/stem/act", specPath: "$.stem" });
  const graph = builder.finish([builder.op("gelu", [act], {}, { scope: "/head/act" })]);
  const { diagnostics } = refusal(() => encodeModel(graph, options));
  assert.equal(
    diagnostics.map(({ message, path }) => ({ message, path })),
    [
      { message: "silu at /stem/act is not an ONNX operator", path: ["stem"] },
      { message: "gelu at /head/act is not an ONNX operator", path: undefined },
    ],
  );
});

test("an opset out of range is refused", () => {
  for (const opset of [12, 22, 17.5, Number.NaN]) {
    assert.match(refusal(() => encodeModel(smallNetwork(), { ...options, opset })).message, /13 to 21/);
  }
});

test("outputs that ONNX can't name are refused", () => {
  const builder = new GraphBuilder("outputs");
  const x = builder.input("x", tensorType(["N", 2]));
  const y = builder.op("relu", [x], {}, { scope: "/a" });
  assert.match(refusal(() => encodeModel(builder.finish([y, y]), options)).message, /an output twice/);
  assert.match(refusal(() => encodeModel(builder.finish([x]), options)).message, /input and output/);
});

test("metadata, opset and producer are read back", () => {
  const bytes = modelBytes(encodeModel(smallNetwork(), { ...options, opset: 15, metadata: { k: "v" } }), {
    seed: 0,
  });
  const { metadata, opset, producer, irVersion, notes } = decodeModel(bytes, "m.onnx");
  assert.equal(metadata, { k: "v" });
  assert.equal(
    { opset, producer, irVersion },
    { opset: 15, producer: { name: "ecagen", version: "1.2.3" }, irVersion: 8 },
  );
  assert.equal(notes, []);
});

test.run();
