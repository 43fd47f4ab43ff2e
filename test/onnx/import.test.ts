import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../src/base/diagnostic.js";
import { shortestDecimal } from "../../src/base/shortest-decimal.js";
import { decodeModel } from "../../src/files/models/open.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { parametersOf } from "../../src/ir/graph.js";
import { isOp } from "../../src/ir/rewrite.js";
import { type Dim, tensorType } from "../../src/ir/types.js";
import { constantWeight } from "../../src/ir/weight.js";
import type { OperatorName } from "../../src/onnx/codecs/codec.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import {
  type AttributeMessage,
  AttributeProto,
  type ModelMessage,
  ModelProto,
  type NodeMessage,
  toInteger,
  type ValueInfoMessage,
} from "../../src/onnx/file/proto.js";
import { materialize } from "../../src/weights/values/materialize.js";
import { throwsError } from "../throws.js";
import { graphOfCase, opCases } from "./cases.js";
import { smallNetwork } from "./networks.js";
import { modelOfOpset } from "./opset-model.js";

const test = suite("onnx: import");

const bytesOf = (graph = smallNetwork("reshape")): Uint8Array =>
  modelBytes(encodeModel(graph, { producerVersion: "0" }), { seed: 0 });

/** The messages with which a file is refused, after a change to it. */
function refusals(change: (model: ModelMessage) => void, bytes = bytesOf()): readonly string[] {
  const model = ModelProto.decode(bytes);
  change(model);
  const changed = ModelProto.encode(model).finish();
  try {
    decodeModel(changed, "m.onnx");
  } catch (error) {
    if (error instanceof InputError) return error.diagnostics.map(({ message }) => message);
    throw error;
  }
  return [];
}

function nodeOf(model: ModelMessage, name: string): NodeMessage {
  const node = model.graph?.node?.find((each) => each.name === name);
  if (node === undefined) throw new Error(`no node ${name}`);
  return node;
}

const { FLOAT, INT, INTS, STRING } = AttributeProto.AttributeType;

test("every unknown operator is named, with its node and the nearest known one", () => {
  const change = (model: ModelMessage): void => {
    nodeOf(model, "/stem/act/Sigmoid").opType = "Sigmoyd";
    nodeOf(model, "/head/pool/GlobalAveragePool").domain = "com.example";
  };
  const pool =
    "node /head/pool/GlobalAveragePool (GlobalAveragePool): the operator GlobalAveragePool of the domain com.example is not supported";
  assert.equal(refusals(change), [
    "node /stem/act/Sigmoid (Sigmoyd): the operator Sigmoyd is not supported",
    pool,
  ]);
  // What hangs on an unknown node is not reported again; what does not, is.
  const both = (model: ModelMessage): void => {
    nodeOf(model, "/head/pool/GlobalAveragePool").domain = "com.example";
    nodeOf(model, "/stem/Conv").attribute?.push({ name: "extra", type: INT, i: 1 });
  };
  assert.equal(refusals(both), ["node /stem/Conv (Conv): attribute extra is not supported", pool]);
  const hidden = (model: ModelMessage): void => {
    nodeOf(model, "/head/pool/GlobalAveragePool").domain = "com.example";
  };
  assert.equal(refusals(hidden), [pool]);
});

test("independent problems are reported at once", () => {
  const found = refusals((model) => {
    nodeOf(model, "/head/fc/Gemm").attribute = [{ name: "transB", type: INT, i: 0 }];
    const builder = model.graph?.node ?? [];
    builder.push(
      { opType: "Foo", input: ["x"], output: ["y1"] },
      { opType: "Bar", input: ["x"], output: ["y2"] },
    );
  });
  assert.equal(found, [
    "node /head/fc/Gemm (Gemm): a has 16 columns, b has 10 rows",
    "node Foo of y1: the operator Foo is not supported",
    "node Bar of y2: the operator Bar is not supported",
  ]);
});

test("attribute values that the IR can't say are refused", () => {
  const cases: readonly [string, NonNullable<NodeMessage["attribute"]>, RegExp][] = [
    ["/stem/Conv", [{ name: "auto_pad", type: STRING, s: Buffer.from("SAME") }], /auto_pad SAME is/],
    [
      "/stem/Conv",
      [{ name: "kernel_shape", type: INTS, ints: [5, 5] }],
      /kernel_shape \[5,5\] is not the weight's \[3,3\]/,
    ],
    ["/stem/Conv", [{ name: "strides", type: INTS, ints: [2] }], /strides has 1 numbers, not 2/],
    ["/stem/Conv", [{ name: "strides", type: INTS, ints: [0, 1] }], /strides/],
    ["/stem/Conv", [{ name: "group", type: FLOAT, f: 1 }], /attribute group must be INT, is FLOAT/],
    ["/stem/Conv", [{ name: "group", type: INT, i: 2 }], /multiples of group|channels in each/],
    [
      "/head/fc/Gemm",
      [
        { name: "transB", type: INT, i: 1 },
        { name: "alpha", type: INT, i: 2 },
      ],
      /alpha must be FLOAT, is INT/,
    ],
    ["/head/flatten/Flatten", [{ name: "axis", type: INT, i: 5 }], /has no axis 5/],
    ["/stages/0/blocks/0/attention/Reshape", [{ name: "allowzero", type: INT, i: 1 }], /allowzero/],
  ];
  for (const [name, attribute, expected] of cases) {
    const [message = ""] = refusals((model) => {
      nodeOf(model, name).attribute = attribute;
    });
    assert.match(message, expected);
    assert.ok(message.startsWith(`node ${name} (`), message);
  }
});

test("pads that are negative are refused: by Pad, as attribute and as input, and by every window", () => {
  const cases: readonly [OperatorName, RegExp][] = [
    ["pad", /: negative pads are not supported$/],
    ...(["conv", "conv_1d", "max_pool", "avg_pool"] as const).map(
      (op) => [op, /: attribute pads\.\d: Too small: expected number to be >=0$/] as [OperatorName, RegExp],
    ),
  ];
  for (const [op, expected] of cases) {
    for (const opset of [7, 10, 11, 13, 21]) {
      for (const [i, each] of opCases[op].entries()) {
        const pads = negated(modelOfOpset(graphOfCase<OperatorName>(op, each), opset));
        for (const bytes of pads) {
          throwsError(() => decodeModel(bytes, "m.onnx"), InputError, expected, { file: "m.onnx" });
        }
        assert.ok(pads.length > 0, `${op} ${i}`);
      }
    }
  }
});

/** A model of one node with pads, once for each of them, which is -1 then. */
function negated(written: Uint8Array): readonly Uint8Array[] {
  const padsOf = (model: ModelMessage) => {
    const attribute = model.graph?.node?.[0]?.attribute?.find(({ name }) => name === "pads");
    const tensor = model.graph?.initializer?.find(({ name }) => name?.endsWith("pads"));
    return { attribute, tensor };
  };
  const { attribute, tensor } = padsOf(ModelProto.decode(written));
  const count = attribute?.ints?.length ?? toInteger(tensor?.dims?.[0] ?? 0);
  return Array.from({ length: count }, (_, i) => {
    const model = ModelProto.decode(written);
    const pads = padsOf(model);
    pads.attribute?.ints?.splice(i, 1, -1);
    const bytes = Uint8Array.from(pads.tensor?.rawData ?? []);
    if (pads.tensor) {
      new DataView(bytes.buffer).setBigInt64(8 * i, -1n, true);
      pads.tensor.rawData = bytes;
    }
    return ModelProto.encode(model).finish();
  });
}

test("a hard sigmoid of another slope is another op", () => {
  const [each] = opCases.hard_sigmoid;
  const bytes = bytesOf(graphOfCase("hard_sigmoid", each as NonNullable<typeof each>));
  assert.is(decodeModel(bytes, "m.onnx").graph.ops[0]?.kind, "hard_sigmoid");
  const model = ModelProto.decode(bytes);
  nodeOf(model, "/features/hard_sigmoid/HardSigmoid").attribute = [];
  const [op] = decodeModel(ModelProto.encode(model).finish(), "m.onnx").graph.ops;
  assert.ok(isOp(op, "sloped_hard_sigmoid"));
  assert.equal(op.attributes, { slope: 0.2, shift: 0.5 });
});

test("a clip without bounds has those of float32", () => {
  const builder = new GraphBuilder("clip");
  const x = builder.input("x", tensorType(["N", 2]));
  const graph = builder.finish([builder.op("clip", [x], { low: -1, high: 1 }, { scope: "/clip" })]);
  const model = ModelProto.decode(bytesOf(graph));
  nodeOf(model, "/clip/Clip").input = ["x", ""];
  const [op] = decodeModel(ModelProto.encode(model).finish(), "m.onnx").graph.ops;
  assert.ok(isOp(op, "clip"));
  assert.equal(op.attributes, { low: -3.4028235e38, high: 3.4028235e38 });
});

test("an output that nobody reads is none, as the mask of a dropout", () => {
  const [each] = opCases.dropout;
  const model = ModelProto.decode(bytesOf(graphOfCase("dropout", each as NonNullable<typeof each>)));
  nodeOf(model, "/features/dropout/Dropout").output?.push("mask");
  const { ops } = decodeModel(ModelProto.encode(model).finish(), "m.onnx").graph;
  assert.equal(
    ops.map(({ kind, results }) => [kind, results.length]),
    [["dropout", 1]],
  );
});

test("wiring that is no graph is refused", () => {
  const cases: readonly [RegExp, (model: ModelMessage) => void][] = [
    [/not defined before it/, (model) => model.graph?.node?.reverse()],
    [
      /its input nowhere is not defined/,
      (model) => (nodeOf(model, "/head/fc/Gemm").input = ["nowhere", "head.fc.weight"]),
    ],
    [/stem is defined twice/, (model) => (nodeOf(model, "/stem/act/Sigmoid").output = ["stem"])],
    [/input 1 is missing/, (model) => (nodeOf(model, "/head/fc/Gemm").input = ["head/flatten"])],
    [
      /it takes the inputs x, more..., has 0/,
      (model) => Object.assign(nodeOf(model, "/head/fc/Gemm"), { opType: "Sum", input: [], attribute: [] }),
    ],
    [/input 3 is not supported/, (model) => nodeOf(model, "/stem/Conv").input?.push("x")],
    [
      /has 2 outputs/,
      (model) => {
        nodeOf(model, "/stem/Conv").output?.push("more");
        nodeOf(model, "/head/fc/Gemm").input = ["more", "head.fc.weight"];
      },
    ],
    [/output .*: it is not defined/, (model) => (nodeOf(model, "/head/fc/Gemm").output = [])],
    [/declared as float32\[N, 11\]/, (model) => setDim(model, "output", 1, 11)],
    [
      /shape must be integers, not float32/,
      (model) => (nodeOf(model, "/stages/0/blocks/0/attention/Reshape").input = ["x", "x"]),
    ],
    [/m.onnx: it has no output/, (model) => model.graph?.output?.splice(0)],
  ];
  for (const [expected, change] of cases) {
    const [message = ""] = refusals((model) => void change(model));
    assert.match(message, expected);
  }
});

function setDim(model: ModelMessage, list: "input" | "output", axis: number, dimValue: number): void {
  const dims = model.graph?.[list]?.[0]?.type?.tensorType?.shape?.dim;
  if (dims) dims[axis] = { dimValue };
}

test("tensors that the IR can't hold are refused", () => {
  const tensor = (model: ModelMessage) =>
    model.graph?.initializer?.find(({ name }) => name === "head.fc.weight") ?? {};
  for (const [expected, change] of [
    [
      /tensor "head.fc.weight": its data has 640 bytes, F64 of \[10, 16\] has 1280/,
      (model) => (tensor(model).dataType = 11),
    ],
    [
      /its input head.fc.weight is of a type that no op of the IR computes with/,
      (model) => (tensor(model).dataType = 99),
    ],
    [/its sizes are \[-1, 16\]/, (model) => (tensor(model).dims = [-1, 16])],
    [/its data has 640 bytes, F32 of \[10, 17\] has 680/, (model) => (tensor(model).dims = [10, 17])],
    [/its data has 0 bytes/, (model) => (tensor(model).rawData = new Uint8Array())],
    [/its data has 640 bytes, I64/, (model) => (tensor(model).dataType = 7)],
  ] as readonly [RegExp, (model: ModelMessage) => void][]) {
    const [message = ""] = refusals((model) => void change(model));
    assert.match(message, expected);
  }
});

test("numbers may also stand in the field of their type", () => {
  const model = ModelProto.decode(bytesOf());
  for (const tensor of model.graph?.initializer ?? []) {
    const raw = Uint8Array.from(tensor.rawData ?? []).buffer;
    if (tensor.dataType === 1) tensor.floatData = [...new Float32Array(raw)];
    else tensor.int64Data = [...new BigInt64Array(raw)].map(Number);
    tensor.rawData = null;
  }
  const numbers = (bytes: Uint8Array) =>
    parametersOf(decodeModel(bytes, "m.onnx").graph).map(({ data }) => [...materialize(data, 0)]);
  assert.equal(numbers(ModelProto.encode(model).finish()), numbers(bytesOf()));
});

test("statistics become buffers, scalars fixed, everything else trainable", () => {
  const [normalised] = opCases.batch_norm;
  const graph = decodeModel(
    bytesOf(graphOfCase("batch_norm", normalised as NonNullable<typeof normalised>)),
    "m",
  ).graph;
  assert.equal(
    parametersOf(graph).map(({ role }) => role),
    ["trainable", "trainable", "buffer", "buffer"],
  );
  const builder = new GraphBuilder("scalar");
  const x = builder.input("x", tensorType(["N", 2]));
  const half = builder.parameterOf("half", constantWeight([], 0.5), "trainable");
  const scaled = builder.finish([builder.op("mul", [x, half], {}, { scope: "/scale" })]);
  assert.equal(
    parametersOf(decodeModel(bytesOf(scaled), "m").graph).map(({ role }) => role),
    ["fixed"],
  );
});

test("opsets out of range are refused, a newer file format is noted", () => {
  const opset = (version: number) => (model: ModelMessage) => {
    model.opsetImport = [{ domain: "", version }];
  };
  assert.match(refusals(opset(27))[0] ?? "", /m.onnx has opset 27; up to 26 are supported/);
  assert.match(refusals(opset(-1))[0] ?? "", /opset -1/);
  // What ecagen knows in newer files is not called unknown.
  assert.match(refusals(opset(6))[0] ?? "", /operators are read as of opset 7, the file has 6$/);
  const model = ModelProto.decode(bytesOf());
  model.irVersion = 10;
  const [note] = decodeModel(ModelProto.encode(model).finish(), "m.onnx").notes;
  assert.is(note?.code, "onnx/newer-format");
});

test("maps whose height and width are open are noted, an open batch is not", () => {
  const notes = (size: Dim) => {
    const builder = new GraphBuilder("map");
    const x = builder.input("x", tensorType(["N", 3, size, size]));
    const bytes = bytesOf(builder.finish([builder.op("relu", [x], {}, { scope: "/relu" })]));
    return decodeModel(bytes, "m.onnx").notes.map(({ code }) => code);
  };
  assert.equal(notes("H"), ["onnx/open-map"]);
  assert.equal(notes(8), []);
});

test("float32 attributes are read as the decimal number that was meant", () => {
  for (const value of [0.001, 1e-5, 0.9, 1 / 3, 123456.7, 0, -2.5]) {
    const read = shortestDecimal(Math.fround(value));
    assert.is(Math.fround(read), Math.fround(value));
    if (value !== 1 / 3) assert.is(read, value);
  }
});

/** Whether the bytes are read or refused: anything else is a defect. */
function survives(bytes: Uint8Array): void {
  try {
    decodeModel(bytes, "m.onnx");
  } catch (error) {
    assert.instance(error, InputError, error instanceof Error ? (error.stack ?? "") : "");
  }
}

test("a file that ends anywhere is refused", () => {
  const bytes = bytesOf();
  for (let end = 0; end < bytes.length; end += 1 + Math.floor(end / 50)) {
    throwsError(
      () => decodeModel(bytes.subarray(0, end), "m.onnx"),
      InputError,
      /^m\.onnx is not an ONNX model(: | but empty$)/,
      {
        code: "onnx/no-model",
        file: "m.onnx",
      },
    );
  }
});

test("random changes of a file, and random bytes, never give anything but an InputError", () => {
  const bytes = bytesOf();
  const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const broken = Uint8Array.from(bytes);
      // Most bytes are weights; the first two thousand hold the structure, so half of the changes go there.
      for (const { at, byte } of changes) broken[byte % 2 === 0 ? at % 2000 : at] = byte;
      survives(broken);
    }),
    { numRuns: 400 },
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: 400 });
});

test("messages nested a hundred thousand levels deep are refused", () => {
  // Field 15 as groups within groups (wire type 3), which a reader skips recursively.
  survives(new Uint8Array(100_000).fill(15 * 8 + 3));
});

/** Nodes over a map of 1×2×4×4 with one attribute more than they need, and why no op says that. */
const ATTRIBUTES: readonly (readonly [opType: string, AttributeMessage, reason?: RegExp])[] = [
  ["MaxPool", { name: "storage_order", type: INT, i: 0 }],
  ["MaxPool", { name: "storage_order", type: INT, i: 1 }, /storage_order/],
  ["Resize", { name: "cubic_coeff_a", type: FLOAT, f: -0.5 }],
  ["Resize", { name: "extrapolation_value", type: FLOAT, f: 3 }],
  ["Resize", { name: "antialias", type: INT, i: 1 }, /antialias/],
  ["Resize", { name: "exclude_outside", type: INT, i: 1 }, /exclude_outside/],
  [
    "Resize",
    { name: "keep_aspect_ratio_policy", type: STRING, s: Buffer.from("not_larger") },
    /keep_aspect_ratio_policy/,
  ],
  ["Resize", { name: "of_tomorrow", type: INT, i: 1 }, /of_tomorrow/],
];

test("an attribute that says what no op can is refused, and one without a say here is not", () => {
  const usual: Readonly<Record<string, Pick<NodeMessage, "input" | "attribute">>> = {
    MaxPool: { input: ["x"], attribute: [{ name: "kernel_shape", type: INTS, ints: [2, 2] }] },
    Resize: { input: ["x", "", "scales"], attribute: [] },
  };
  const scales = Buffer.from(Float32Array.of(1, 1, 2, 2).buffer);
  for (const [opType, extra, reason] of ATTRIBUTES) {
    const { input, attribute } = usual[opType] ?? {};
    const bytes = ModelProto.encode({
      irVersion: 8,
      opsetImport: [{ domain: "", version: 18 }],
      graph: {
        name: "g",
        node: [{ opType, input, output: ["y"], attribute: [...(attribute ?? []), extra] } as NodeMessage],
        initializer: [{ name: "scales", dataType: 1, dims: [4], rawData: scales }],
        input: [image("x", 4)],
        output: [image("y", opType === "Resize" ? 8 : 3)],
      },
    }).finish();
    const label = `${opType}: ${extra.name}`;
    if (reason === undefined) assert.equal(decodeModel(bytes, "m.onnx").foreign, [], label);
    else throwsError(() => decodeModel(bytes, "m.onnx"), InputError, reason);
  }
});

/** A declared map of 1×2 channels and so many places along each side. */
function image(name: string, side: number): ValueInfoMessage {
  const dim = [1, 2, side, side].map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: 1, shape: { dim } } } };
}

test.run();
