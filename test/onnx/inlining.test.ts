import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { openModel } from "../../src/files/models/open.js";
import type { ImportedModel } from "../../src/onnx/decode/import.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import {
  type AttributeMessage,
  AttributeProto,
  FIELD,
  FunctionProto,
  fieldHeader,
  type GraphMessage,
  type ModelMessage,
  ModelProto,
  type NodeMessage,
} from "../../src/onnx/file/proto.js";
import { encodeRewritten } from "../../src/onnx/rewritten/model.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { rewritePipeline } from "../../src/passes/export-pipeline.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("onnx: functions, Ifs and fused layers as their nodes");

const { GRAPH, INT, STRING, TENSOR } = AttributeProto.AttributeType;

function rewritten(imported: ImportedModel, passes: string): Uint8Array {
  const { opset } = imported;
  const { graph } = runPasses(imported.graph, [...parsePipeline(passes), ...rewritePipeline({ opset })]);
  return modelBytes(encodeRewritten(graph, imported), { seed: 0 });
}

/** Opens a model; gives what `use` makes of it. */
function withModel<T>(bytes: Uint8Array, use: (imported: ImportedModel, bytes: Uint8Array) => T): Promise<T> {
  return inTemporaryFolder((folder) => {
    const file = join(folder, "model.onnx");
    writeFileSync(file, bytes);
    const imported = openModel(file);
    try {
      return use(imported, bytes);
    } finally {
      imported.close();
    }
  });
}

function operators(bytes: Uint8Array): readonly string[] {
  return (ModelProto.decode(bytes).graph?.node ?? []).map(({ opType }) => opType ?? "");
}

const SWAP = "raise-attention, swap-attention{from=se, to=eca}";

/** A model of a few nodes over x [1, 4, 6, 6], which gives y. */
function modelOf(
  node: readonly NodeMessage[],
  more: ModelMessage = {},
  graph: GraphMessage = {},
): Uint8Array {
  const declared = (name: string, sizes: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: sizes.map((dimValue) => ({ dimValue })) } } },
  });
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [
      { domain: "", version: 17 },
      { domain: "own", version: 1 },
    ],
    ...more,
    graph: {
      name: "small",
      node: [...node],
      input: [declared("x", [1, 4, 6, 6])],
      output: [{ name: "y", type: { tensorType: { elemType: 1 } } }],
      ...graph,
    },
  }).finish();
}

const OPSETS = [{ domain: "", version: 17 }];

function kinds({ graph }: ImportedModel): readonly string[] {
  return graph.ops.map(({ kind }) => kind);
}

const FUNCTIONS = readFileSync("test/data/cases/model-local-functions.onnx");

test("a file whose functions nothing touches is written as it was", () =>
  withModel(FUNCTIONS, (imported, bytes) => {
    assert.equal(imported.foreign, []);
    assert.is(Buffer.compare(rewritten(imported, ""), bytes), 0);
  }));

test("of a file with a swapped gate only the call that held it is written as nodes", () =>
  withModel(FUNCTIONS, (imported) => {
    const found = operators(rewritten(imported, SWAP));
    assert.equal(
      found.filter((operator) => ["ConvRelu", "SqueezeExcite", "Head"].includes(operator)),
      ["ConvRelu", "ConvRelu", "Head"],
    );
    assert.ok(found.includes("GlobalAveragePool"));
  }));

test("names of two calls stay apart, in the bodies of their nodes too, and attributes are those of the call or defaults", () => {
  const ask = (name: string): AttributeMessage => ({ name, type: INT, refAttrName: name });
  const branch = (name: string, operator: string): AttributeMessage => ({
    name,
    type: GRAPH,
    g: {
      name,
      node: [{ opType: operator, input: ["t"], output: [`${name}_y`] }],
      output: [{ name: `${name}_y`, type: { tensorType: { elemType: 1 } } }],
    },
  });
  const own = {
    name: "Own",
    domain: "own",
    input: ["a"],
    output: ["b"],
    attribute: ["axis"],
    opsetImport: OPSETS,
    node: [
      { opType: "Softmax", input: ["a"], output: ["t"], attribute: [ask("axis")] },
      {
        opType: "ReduceMax",
        input: ["t"],
        output: ["m"],
        attribute: [{ name: "keepdims", type: INT, i: 0 }],
      },
      { opType: "Cast", input: ["m"], output: ["c"], attribute: [{ name: "to", type: INT, i: 9 }] },
      {
        opType: "If",
        input: ["c"],
        output: ["b"],
        attribute: [branch("then_branch", "Relu"), branch("else_branch", "Neg")],
      },
    ],
  };
  // The field of defaults is one that the protobuf library does not know.
  const fallback = AttributeProto.encode({ name: "axis", type: INT, i: 1 }).finish();
  const message = Buffer.concat([
    FunctionProto.encode(own).finish(),
    fieldHeader(11, fallback.length),
    fallback,
  ]);
  const call = (input: string, output: string, attribute: AttributeMessage[] = []): NodeMessage => ({
    opType: "Own",
    domain: "own",
    name: `call_${output}`,
    input: [input],
    output: [output],
    attribute,
  });
  const model = modelOf([call("x", "h", [{ name: "axis", type: INT, i: 2 }]), call("h", "y")]);
  const bytes = Buffer.concat([model, fieldHeader(FIELD.modelFunction, message.length), message]);
  return withModel(bytes, (imported, file) => {
    const axes = imported.graph.ops.flatMap(({ kind, attributes }) =>
      kind === "softmax" ? [(attributes as { readonly axis: number }).axis] : [],
    );
    assert.equal(axes, [2, 1]);
    assert.is(imported.graph.ops.filter(({ kind }) => kind === "opaque").length, 4);
    assert.is(Buffer.compare(rewritten(imported, ""), file), 0);
  });
});

test("a function for another opset, or one that reads what it is not given, stays a call", async () => {
  const relu = { opType: "Relu", input: ["a"], output: ["b"] };
  const own = { name: "Own", domain: "own", input: ["a"], output: ["b"], node: [relu] };
  const call = { opType: "Own", domain: "own", input: ["x"], output: ["y"] };
  for (const made of [
    { ...own, opsetImport: [{ domain: "", version: 13 }] },
    { ...own, opsetImport: OPSETS, node: [{ ...relu, input: ["elsewhere"] }] },
  ]) {
    await withModel(modelOf([call], { functions: [made] }), (imported, file) => {
      assert.equal(kinds(imported), ["opaque"]);
      assert.is(Buffer.compare(rewritten(imported, ""), file), 0);
    });
  }
});

test("an output that a function hands on is copied", () => {
  const own = { name: "Own", domain: "own", input: ["a"], output: ["a"], node: [], opsetImport: OPSETS };
  const call = { opType: "Own", domain: "own", input: ["x"], output: ["y"] };
  return withModel(modelOf([call], { functions: [own] }), (imported, file) => {
    assert.equal(kinds(imported), ["identity"]);
    assert.is(Buffer.compare(rewritten(imported, ""), file), 0);
  });
});

/** y = Relu or Neg of x, by whether x has one row: Shape, Gather and Equal, which the types decide. */
function decided(): Uint8Array {
  const scalar = (name: string, value: number): NodeMessage => ({
    opType: "Constant",
    output: [name],
    attribute: [{ name: "value", type: TENSOR, t: { dataType: 7, dims: [], int64Data: [value] } }],
  });
  const branch = (name: string, operator: string): AttributeMessage => ({
    name,
    type: GRAPH,
    g: {
      name,
      initializer: [{ name: `${name}_w`, dataType: 1, dims: [1], floatData: [2] }],
      node: [
        { opType: operator, input: ["x"], output: [`${name}_t`] },
        { opType: "Mul", input: [`${name}_t`, `${name}_w`], output: [`${name}_y`] },
      ],
      output: [{ name: `${name}_y`, type: { tensorType: { elemType: 1 } } }],
    },
  });
  return modelOf([
    { opType: "Shape", input: ["x"], output: ["s"] },
    scalar("first", 0),
    scalar("one", 1),
    { opType: "Gather", input: ["s", "first"], output: ["n"] },
    { opType: "Equal", input: ["n", "one"], output: ["c"] },
    {
      opType: "If",
      name: "/if",
      input: ["c"],
      output: ["y"],
      attribute: [branch("then_branch", "Relu"), branch("else_branch", "Neg")],
    },
  ]);
}

test("an If that the types decide is its branch, and written as it was where nothing touches it", () =>
  withModel(decided(), (imported, file) => {
    assert.ok(kinds(imported).includes("relu"));
    assert.not(kinds(imported).includes("neg"));
    assert.is(Buffer.compare(rewritten(imported, ""), file), 0);
  }));

test("without what decided it an If is written as its branch", () =>
  withModel(decided(), (imported) => {
    assert.equal(operators(rewritten(imported, "simplify")).slice(-2), ["Relu", "Mul"]);
  }));

test("a fused layer is its parts, and written as it was where nothing touches it", async () => {
  const attribute = (name: string, s: string): AttributeMessage => ({
    name,
    type: STRING,
    s: Buffer.from(s),
  });
  const w = { name: "w", dataType: 1, dims: [4, 4, 1, 1], floatData: new Array<number>(16).fill(1) };
  const fused = (activation: string, floats: number[] = []): NodeMessage => ({
    opType: "FusedConv",
    domain: "com.microsoft",
    input: ["x", "w", "", "x"],
    output: ["y"],
    attribute: [
      attribute("activation", activation),
      ...(floats.length
        ? [{ name: "activation_params", type: AttributeProto.AttributeType.FLOATS, floats }]
        : []),
    ],
  });
  const expected: Readonly<Record<string, readonly string[]>> = {
    Relu: ["conv", "add", "relu"],
    LeakyRelu: ["conv", "add", "leaky_relu"],
    Clip: ["conv", "add", "clip"],
  };
  for (const [activation, ops] of Object.entries(expected)) {
    const parameters = { Relu: [], LeakyRelu: [0.25], Clip: [0, 4] }[activation] ?? [];
    await withModel(modelOf([fused(activation, parameters)], {}, { initializer: [w] }), (imported, file) => {
      assert.equal(kinds(imported), ops, activation);
      assert.is(Buffer.compare(rewritten(imported, ""), file), 0, activation);
    });
  }
});

test("an input with a default value is a weight, and a note says so", () => {
  const w = { name: "w", dataType: 1, dims: [4, 4, 1, 1], floatData: new Array<number>(16).fill(1) };
  const conv = { opType: "Conv", input: ["x", "w"], output: ["y"] };
  const model = ModelProto.decode(modelOf([conv], {}, { initializer: [w] }));
  model.graph?.input?.push({
    name: "w",
    type: { tensorType: { elemType: 1, shape: { dim: [4, 4, 1, 1].map((dimValue) => ({ dimValue })) } } },
  });
  return withModel(ModelProto.encode(model).finish(), (imported, file) => {
    assert.equal(
      imported.graph.inputs.map(({ name }) => name),
      ["x"],
    );
    assert.equal(
      imported.notes.map(({ code }) => code),
      ["onnx/input-defaults"],
    );
    assert.is(Buffer.compare(rewritten(imported, ""), file), 0);
  });
});

test.run();
