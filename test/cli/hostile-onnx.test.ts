import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  AttributeProto,
  FIELD,
  fieldHeader,
  type GraphMessage,
  ModelProto,
  type NodeMessage,
  type TensorMessage,
  TensorProto,
} from "../../src/onnx/file/proto.js";
import { ecagen } from "./run-cli.js";

const test = suite("cli: hostile ONNX files");
let folder = "";

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-hostile-"));
  mkdirSync(join(folder, "inside"));
  // A secret beside the model's folder, and a link to it inside.
  writeFileSync(join(folder, "secret"), new Uint8Array(64).fill(7));
  symlinkSync(join(folder, "secret"), join(folder, "inside", "link"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

/** So much memory the commands may take for files of a few kilobytes; they need a third of it. */
const HEAP = { NODE_OPTIONS: "--max-old-space-size=192" };

const ports = (names: readonly string[], dims: readonly number[] = [1, 4]) =>
  names.map((name) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  }));

function model(graph: GraphMessage): Uint8Array {
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ version: 17 }],
    graph: { name: "g", input: ports(["x"]), output: ports(["y"]), ...graph },
  }).finish();
}

const relu = (input: string, output: string): NodeMessage => ({
  opType: "Relu",
  input: [input],
  output: [output],
});

const withTensor = (tensor: TensorMessage): Uint8Array =>
  model({
    node: [{ opType: "Add", input: ["x", "w"], output: ["y"] }],
    initializer: [{ name: "w", dataType: 1, dims: [16], ...tensor }],
  });

const external = (entries: Readonly<Record<string, string>>): Uint8Array =>
  withTensor({
    dataLocation: TensorProto.DataLocation.EXTERNAL,
    externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
  });

/** A message in a message in a message: each level is the only field of the one around it. */
function nested(field: number, depth: number): Uint8Array {
  const headers: Uint8Array[] = [];
  let length = 0;
  for (let i = 0; i < depth; i++) {
    const header = fieldHeader(field, length);
    headers.push(header);
    length += header.length;
  }
  return Buffer.concat(headers.reverse());
}

/** Subgraphs in subgraphs. */
function branches(depth: number): NodeMessage {
  const { GRAPH } = AttributeProto.AttributeType;
  let node = relu("x", "inner");
  for (let i = 0; i < depth; i++) {
    node = {
      opType: "If",
      input: ["x"],
      output: [`y${i}`],
      attribute: [{ name: "then_branch", type: GRAPH, g: { name: "b", node: [node] } }],
    };
  }
  return { ...node, output: ["y"] };
}

/** A field of the graph with bytes of one's own choice. */
function rawGraph(...fields: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(fields);
  return Buffer.concat([fieldHeader(FIELD.modelGraph, content.length), content]);
}

const field = (number: number, content: Uint8Array): Uint8Array =>
  Buffer.concat([fieldHeader(number, content.length), content]);

const good = model({ node: [relu("x", "y")] });

/** What is wrong with each file, and what the message says of it. */
const FILES: Readonly<Record<string, readonly [bytes: Uint8Array, says: RegExp]>> = {
  empty: [new Uint8Array(0), /is not an ONNX model: it is empty/],
  text: [Buffer.from("<!doctype html><title>404</title>"), /is not an ONNX model: it is a web page/],
  // The opset, which comes after the graph, has four bytes of the seven.
  truncated: [good.subarray(0, good.length - 7), /the last 3 bytes or more of the file are missing/],
  "a length of 2^60": [
    Buffer.concat([Uint8Array.of(0x3a), Buffer.from("ffffffffffffff7f", "hex")]),
    /not an ONNX model/,
  ],
  "a length beyond the end": [rawGraph(Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0x7f)), /ends past its message/],
  "a number without an end": [new Uint8Array(64).fill(0xff), /not an ONNX model/],
  "two graphs": [Buffer.concat([good, rawGraph(field(FIELD.graphNode, new Uint8Array(0)))]), /2 graphs/],
  "a cycle": [
    model({ node: [relu("b", "a"), relu("a", "b"), relu("a", "y")] }),
    /b is not defined before it/,
  ],
  "a name twice": [model({ node: [relu("x", "y"), relu("x", "y")] }), /y is defined twice/],
  "an input's name twice": [model({ node: [relu("x", "x")] }), /x is defined twice/],
  "two inputs of a name": [model({ input: ports(["x", "x"]), node: [relu("x", "y")] }), /x is there twice/],
  "a missing input": [model({ node: [relu("nowhere", "y")] }), /nowhere is not defined before it/],
  "a missing output": [model({ node: [relu("x", "z")] }), /output y: it is not defined/],
  "two tensors of a name": [
    model({
      node: [{ opType: "Add", input: ["x", "w"], output: ["y"] }],
      initializer: ["w", "w"].map((name) => ({ name, dataType: 1, dims: [1], rawData: new Uint8Array(4) })),
    }),
    /there are two of that name/,
  ],
  "sizes of 2^31": [
    withTensor({ dims: [2 ** 31, 2 ** 31], rawData: new Uint8Array(4) }),
    /its sizes are|its data has/,
  ],
  "a negative size": [withTensor({ dims: [-4], rawData: new Uint8Array(4) }), /its sizes are \[-4\]/],
  "less data than its sizes say": [withTensor({ rawData: new Uint8Array(4) }), /its data has 4 bytes/],
  "data in the folder above": [external({ location: "../secret" }), /must be a file in the model's folder/],
  "data at an absolute path": [
    external({ location: "/etc/hostname" }),
    /must be a file in the model's folder/,
  ],
  "data behind a link": [external({ location: "link" }), /must be a file in the model's folder/],
  "data that is not there": [external({ location: "gone.bin" }), /can't be read/],
  "data of three tensors that is not there": [
    model({
      node: [relu("x", "y")],
      initializer: ["a", "b", "c"].map((name) => ({
        ...{ name, dataType: 1, dims: [4], dataLocation: TensorProto.DataLocation.EXTERNAL },
        externalData: [{ key: "location", value: "gone.bin" }],
      })),
    }),
    /tensor "a" and 2 more: its external data "gone\.bin" can't be read: there is no such file/,
  ],
  "data of a name with a zero": [external({ location: "a\0b" }), /tensor "w"/],
  "data of an unknown element type above": [
    withTensor({
      dataType: 19,
      dataLocation: TensorProto.DataLocation.EXTERNAL,
      externalData: [
        { key: "location", value: "../secret" },
        { key: "length", value: "16" },
      ],
    }),
    /must be a file in the model's folder/,
  ],
  "data of a subgraph elsewhere": [
    model({
      node: [
        {
          opType: "If",
          input: ["x"],
          output: ["y"],
          attribute: [
            {
              name: "then_branch",
              type: AttributeProto.AttributeType.GRAPH,
              g: {
                initializer: [
                  { name: "w", dataType: 1, dims: [1], dataLocation: TensorProto.DataLocation.EXTERNAL },
                ],
              },
            },
          ],
        },
      ],
    }),
    /of its subgraph lies in another file/,
  ],
  "subgraphs 100 deep": [model({ node: [branches(100)] }), /nested more than 64 deep/],
  // An attribute of a graph of a node of an attribute ...
  "subgraphs 20,000 deep": [
    rawGraph(field(FIELD.graphNode, nested(5, 2)), field(FIELD.graphNode, deepNode(20_000))),
    /can't be decoded|is not an ONNX model|nested more than/,
  ],
  "types 20,000 deep": [
    rawGraph(
      field(FIELD.graphNode, Uint8Array.of(0x22, 1, 0x41, 0x12, 1, 0x79)),
      field(FIELD.graphValueInfo, field(2, deepType(20_000))),
    ),
    /can't be decoded|not defined/,
  ],
  "an opset of the future": [
    ModelProto.encode({ opsetImport: [{ version: 4000 }], graph: { node: [relu("x", "y")] } }).finish(),
    /opset 4000; up to 26/,
  ],
};

/** node { attribute { g { node { ... } } } } */
function deepNode(depth: number): Uint8Array {
  return deep([5, 6, 1], depth);
}

/** type { sequence_type { elem_type { sequence_type ... } } } */
function deepType(depth: number): Uint8Array {
  return deep([4, 1], depth);
}

function deep(numbers: readonly number[], depth: number): Uint8Array {
  const headers: Uint8Array[] = [];
  let length = 0;
  for (let i = depth - 1; i >= 0; i--) {
    const header = fieldHeader(numbers[i % numbers.length] as number, length);
    headers.push(header);
    length += header.length;
  }
  return Buffer.concat(headers.reverse());
}

for (const [what, [bytes, says]] of Object.entries(FILES)) {
  test(`${what}: a diagnostic, exit code 2, no file`, () => {
    const file = join(folder, "inside", "model.onnx");
    const output = join(folder, "inside", "out.onnx");
    writeFileSync(file, bytes);
    const { code, stderr } = ecagen(["rewrite", file, "--swap", "se=eca", "-o", output], HEAP);
    assert.is(code, 2, stderr);
    assert.match(stderr, says);
    assert.not.match(stderr, /\n\s+at /);
    assert.not(existsSync(output));
  });
}

test("what names sizes that nobody has the memory for is read without them", () => {
  const file = join(folder, "inside", "large.onnx");
  const huge = [2 ** 31, 2 ** 31, 4, 4];
  writeFileSync(
    file,
    model({ input: ports(["x"], huge), output: ports(["y"], huge), node: [relu("x", "y")] }),
  );
  const { code, stdout } = ecagen(["inspect", file], HEAP);
  assert.is(code, 0);
  assert.match(stdout, /2147483648/);
});

test.run();
