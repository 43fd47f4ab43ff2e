import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeMessage, AttributeProto, type TensorMessage } from "../../src/onnx/file/proto.js";
import { FLOAT, INT8, node, type Sized, scalarsOf } from "./counted-model.js";

const test = suite("analysis: parameters of operators that no op is");

const { GRAPH, INT, STRING, TENSOR } = AttributeProto.AttributeType;

const MAP: Sized = { name: "x", dims: ["N", 6, 5, 4] };

function tensor(name: string, dims: number[], dataType = FLOAT): TensorMessage {
  const bytes = dims.reduce((a, b) => a * b, dataType === FLOAT ? 4 : 1);
  return { name, dims, dataType, rawData: new Uint8Array(bytes) };
}

function constant(name: string, dims: number[], dataType = FLOAT) {
  const t = tensor(name, dims, dataType);
  return node("Constant", [], name, { attribute: [{ name: "value", type: TENSOR, t }] });
}

test("a layer's weights count where a Constant node holds them, as Paddle writes them", async () => {
  const nodes = [
    constant("w", [6, 3, 2, 2]),
    constant("b", [3]),
    node("ConvTranspose", ["x", "w", "b"], "y"),
  ];
  assert.equal(await scalarsOf(nodes, [MAP]), { parameters: 6 * 3 * 2 * 2 + 3, buffers: 0 });
  const whole = [
    constant("w", [6, 3, 2, 2], INT8),
    node("DequantizeLinear", ["w", "s", "z"], "v"),
    node("ConvTranspose", ["x", "v"], "y"),
  ];
  const scales = [
    { name: "s", dims: [] },
    { name: "z", dims: [], type: INT8 },
  ];
  assert.equal(await scalarsOf(whole, [MAP], scales), { parameters: 72, buffers: 0 }, "quantized");
});

test("of a normalisation in training the statistics are buffers", async () => {
  const attribute = [{ name: "training_mode", type: INT, i: 1 }];
  const output = ["y", "mean", "variance"];
  const vectors = ["s", "b", "m", "v"].map((name) => ({ name, dims: [6] }));
  const nodes = [
    node("BatchNormalization", ["x", "s", "b", "m", "v"], "n", { attribute, output }),
    node("Relu", ["y"], "r"),
  ];
  assert.equal(await scalarsOf(nodes, [MAP], vectors), { parameters: 12, buffers: 12 });
});

test("scales and bounds are no parameters, though they are lists of numbers", async () => {
  const attribute = [{ name: "mode", type: STRING, s: Buffer.from("cubic") }];
  const nodes = [node("Resize", ["x", "", "s"], "y", { attribute })];
  assert.equal(await scalarsOf(nodes, [MAP], [{ name: "s", dims: [4] }]), { parameters: 0, buffers: 0 });
});

/** A branch with a convolution, a normalisation, a scale that both use, and constants that nobody trained. */
function branch(name: string, channels: number): AttributeMessage {
  const own = (what: string): string => `${name}_${what}`;
  const g = {
    name,
    initializer: [
      tensor(own("w"), [channels, 6, 3, 3]),
      ...["s", "b", "m", "v"].map((each) => tensor(own(each), [channels])),
      tensor(own("half"), []),
    ],
    node: [
      node("Conv", ["x", own("w")], own("c")),
      node("BatchNormalization", ["c", "s", "b", "m", "v"].map(own), own("n")),
      constant(own("scale"), [channels, 1, 1]),
      node("Mul", [own("n"), own("scale")], own("a")),
      node("Mul", [own("a"), own("scale")], own("d")),
      node("Mul", [own("d"), own("half")], own("y")),
    ],
    output: [{ name: own("y"), type: { tensorType: { elemType: FLOAT } } }],
  };
  return { name, type: GRAPH, g };
}

test("what stands in the branches of an If counts, each tensor once", async () => {
  const asked = [
    node("ReduceMax", ["x"], "m", { attribute: [{ name: "keepdims", type: INT, i: 0 }] }),
    node("Cast", ["m"], "c", { attribute: [{ name: "to", type: INT, i: 9 }] }),
  ];
  const attribute = [branch("then_branch", 4), branch("else_branch", 2)];
  const of = (channels: number): number => channels * 6 * 3 * 3 + 2 * channels + channels;
  assert.equal(await scalarsOf([...asked, node("If", ["c"], "y", { attribute })], [MAP]), {
    parameters: of(4) + of(2),
    buffers: 2 * (4 + 2),
  });
  const inner = [node("If", ["c"], "y2", { attribute })];
  const output = [{ name: "y2", type: { tensorType: { elemType: FLOAT } } }];
  const outer = [
    { name: "then_branch", type: GRAPH, g: { name: "outer", node: inner, output } },
    { name: "else_branch", type: GRAPH, g: branch("other", 3).g ?? null },
  ];
  assert.equal(await scalarsOf([...asked, node("If", ["c"], "y", { attribute: outer })], [MAP]), {
    parameters: of(4) + of(2) + of(3),
    buffers: 2 * (4 + 2 + 3),
  });
});

test.run();
