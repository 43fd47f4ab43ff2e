import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { stats } from "../../src/driver/stats/stats.js";
import { specNetwork } from "../../src/given/spec-file.js";
import { parseGraph } from "../../src/ir/parse.js";
import { AttributeProto, type NodeMessage } from "../../src/onnx/file/proto.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { invocationOf } from "../../src/passes/engine/pipeline.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { countsOf, FLOAT, INT8, node, type Sized } from "./counted-model.js";

const test = suite("analysis: counts");

const X: Sized = { name: "x", dims: ["N", 49, 32] };
const W: Sized = { name: "w", dims: [32, 64] };

test("a size that a run finds is named where it is but a part of the size that is counted", () => {
  const graph = parseGraph(`graph "g" {
    input %x : float32[1, 8]
    trainable @w = constant([1, 4], 1)
    %at : int64[2, F] = nonzero(%x) {count = "F"} loc(/at)
    %numbers : float32[2, F] = cast(%at) {to = "float32"} loc(/numbers)
    %rows : float32["2*F", 1] = reshape(%numbers) {shape = [-1, 1]} loc(/rows)
    %y : float32["2*F", 4] = matmul(%rows, @w) loc(/y)
    return %y
  }`);
  const { macs, found } = countNetwork(graph);
  assert.equal({ macs, found }, { macs: 2 * 8 * 4, found: { F: 8 } });
});

test("a matrix product counts, on whichever side its parameter is, however many axes it has", async () => {
  assert.equal(await countsOf([node("MatMul", ["x", "w"], "y")], [X], [W]), { macs: 49 * 32 * 64 });
  const left = { name: "w", dims: [8, 49] };
  assert.equal(await countsOf([node("MatMul", ["w", "x"], "y")], [X], [left]), { macs: 8 * 49 * 32 });
  const batched = { name: "w", dims: [4, 32, 5] };
  const heads = { name: "x", dims: ["N", 4, 49, 32] };
  assert.equal(await countsOf([node("MatMul", ["x", "w"], "y")], [heads], [batched]), {
    macs: 4 * 49 * 32 * 5,
  });
  const vector = { name: "w", dims: [32] };
  assert.equal(await countsOf([node("MatMul", ["x", "w"], "y")], [X], [vector]), { macs: 49 * 32 });
});

test("the axis that is summed over is no batch, though it be an input's first", async () => {
  const product = [node("MatMul", ["x", "w"], "y")];
  assert.equal(await countsOf(product, [{ name: "x", dims: [32] }], [W]), { macs: 32 * 64 });
  const two = [
    { name: "x", dims: [32] },
    { name: "w", dims: [32] },
  ];
  assert.equal(await countsOf(product, two), { macs: 0, productMacs: 32 });
  const transposed = [
    node("Gemm", ["x", "w"], "y", {
      attribute: ["transA", "transB"].map((name) => ({
        name,
        type: AttributeProto.AttributeType.INT,
        i: 1,
      })),
    }),
  ];
  const columns = { name: "x", dims: [32, 5] };
  assert.equal(await countsOf(transposed, [columns], [{ name: "w", dims: [64, 32] }]), { macs: 5 * 32 * 64 });
  const both = [columns, { name: "w", dims: [64, 32] }];
  assert.equal(await countsOf(transposed, both), { macs: 0, productMacs: 5 * 32 * 64 });
});

test("a fixed batch is divided out, also where rows or heads of all images stand in one axis", async () => {
  const { INTS } = AttributeProto.AttributeType;
  const turned = (input: string, output: string): NodeMessage =>
    node("Transpose", [input], output, { attribute: [{ name: "perm", type: INTS, ints: [1, 0, 2] }] });
  const stepsFirst = [turned("x", "t"), node("MatMul", ["t", "w"], "u"), turned("u", "y")];
  assert.equal(await countsOf(stepsFirst, [{ name: "x", dims: [2, 49, 32] }], [W]), { macs: 49 * 32 * 64 });
  const perStep = [turned("x", "t"), node("MatMul", ["t", "w"], "y")];
  // The steps are no images, and the output has as many rows as there are steps.
  assert.equal(await countsOf(perStep, [{ name: "x", dims: [2, 49, 32] }], [W]), { macs: 2 * 49 * 32 * 64 });
});

test("a product with weights whose sizes nobody says is named, and not counted as one of a vector", async () => {
  const split = [node("Own", ["w"], "part", { domain: "local" }), node("MatMul", ["x", "part"], "y")];
  assert.equal(await countsOf(split, [X], [W]), {
    macs: 0,
    uncounted: [{ operator: "MatMul", nodes: 1 }],
  });
});

test("a batch that is merged with another axis counts for one image", async () => {
  const merged = await countsOf(
    [
      node("Constant", [], "shape", {
        attribute: [{ name: "value_ints", type: AttributeProto.AttributeType.INTS, ints: [-1, 32] }],
      }),
      node("Reshape", ["x", "shape"], "rows"),
      node("MatMul", ["rows", "w"], "y"),
    ],
    [X],
    [W],
  );
  assert.equal(merged, { macs: 49 * 32 * 64 });
});

test("weights may come through operators that need parameters alone", async () => {
  const through = [node("Identity", ["w"], "same"), node("MatMul", ["x", "same"], "y")];
  assert.equal(await countsOf(through, [X], [W]), { macs: 49 * 32 * 64 });
});

test("a product of two computed tensors is counted apart", async () => {
  const product = await countsOf([node("MatMul", ["x", "t"], "y")], [X, { name: "t", dims: ["N", 32, 49] }]);
  assert.equal(product, { macs: 0, productMacs: 49 * 32 * 49 });
  const gemm = await countsOf(
    [node("Gemm", ["a", "b"], "y")],
    [
      { name: "a", dims: [2, 3] },
      { name: "b", dims: [3, 5] },
    ],
  );
  assert.equal(gemm, { macs: 0, productMacs: 1 * 3 * 5 });
});

test("convolutions that no op of the IR is count where their sizes are known", async () => {
  const map = { name: "x", dims: ["N", 8, 16, 16] };
  const transposed = await countsOf(
    [node("ConvTranspose", ["x", "w"], "y")],
    [map],
    [{ name: "w", dims: [8, 4, 2, 2] }],
  );
  assert.equal(transposed, { macs: 8 * 16 * 16 * 4 * 4 });
  const fused = await countsOf(
    [node("FusedConv", ["x", "w"], "a", { domain: "com.microsoft" }), node("Relu", ["a"], "y")],
    [map],
    [{ name: "w", dims: [12, 8, 1, 1] }],
    [{ name: "a", dims: ["N", 12, 16, 16] }],
  );
  assert.equal(fused, { macs: 12 * 16 * 16 * 8 });
  const integers = [node("MatMulInteger", ["x", "w"], "y")];
  assert.equal(await countsOf(integers, [X], [{ ...W, type: INT8 }]), { macs: 49 * 32 * 64 });
});

const BODY = AttributeProto.AttributeType.GRAPH;

/** An If with two branches of one node each. */
function branches(operator: string): NodeMessage {
  const branch = (name: string) => ({
    name,
    type: BODY,
    g: {
      name,
      node: [node(operator, ["x", "x"], `${name}_y`)],
      output: [{ name: `${name}_y`, type: { tensorType: { elemType: FLOAT } } }],
    },
  });
  return node("If", ["condition"], "y", { attribute: [branch("then_branch"), branch("else_branch")] });
}

test("an operator that multiplies, or may, and can't be counted is named; others are not", async () => {
  const missing = async (...nodes: readonly NodeMessage[]) =>
    (await countsOf(nodes, [X], [W, { name: "condition", dims: [1], type: 9 }])).uncounted;
  for (const operator of [
    "LSTM",
    "GRU",
    "Einsum",
    "DeformConv",
    "Attention",
    "QLinearConv",
    "Conv",
    "NewInOpset99",
  ]) {
    assert.equal(await missing(node(operator, ["x", "w"], "y")), [{ operator, nodes: 1 }], operator);
  }
  const own = { domain: "com.example" };
  assert.equal(await missing(node("Own", ["x"], "z", own), node("Own", ["z"], "y", own)), [
    { operator: "com.example.Own", nodes: 2 },
  ]);
  for (const operator of ["TopK", "Split", "NonMaxSuppression", "GridSample", "Where"]) {
    assert.is(await missing(node(operator, ["x", "w"], "y")), undefined, operator);
  }
  const runtimes = { domain: "com.microsoft" };
  for (const operator of ["Gelu", "QLinearAdd", "SkipLayerNormalization"]) {
    assert.is(await missing(node(operator, ["x", "w"], "y", runtimes)), undefined, operator);
  }
  assert.is(await missing(node("FusedMatMul", ["x", "w"], "y", runtimes)), undefined);
  assert.equal(await missing(branches("LSTM")), [{ operator: "LSTM", nodes: 1 }]);
  assert.is(await missing(branches("Add")), undefined);
});

test("of a function of the file's own that reads what it is not given the operators are named where something in it multiplies", async () => {
  const of = async (operator: string) =>
    (
      await countsOf(
        [node("Layer", ["x"], "y", { domain: "local" })],
        [X],
        [],
        [],
        [{ name: "Layer", domain: "local", node: [node(operator, ["a", "a"], "b")] }],
      )
    ).uncounted;
  assert.equal(await of("MatMul"), [{ operator: "MatMul", nodes: 1 }]);
  assert.is(await of("Add"), undefined);
});

test("a product whose sizes are open is named and not counted as one", async () => {
  const open = await countsOf([node("MatMul", ["x", "w"], "y")], [{ name: "x", dims: ["N", "T", 32] }], [W]);
  assert.equal(open, { macs: 0, uncounted: [{ operator: "MatMul", nodes: 1 }] });
});

test("files of others have the right totals", () => {
  assert.is(stats("test/data/cases/matmul.onnx").macs, 100_352);
  assert.is(stats("test/data/cases/depthwise-conv-transpose.onnx").macs, 88_064);
  const functions = stats("test/data/cases/model-local-functions.onnx");
  assert.equal([functions.macs, functions.uncounted], [32_480, undefined]);
});

test("what a gate multiplies of what it computes is counted, as in the primitives that it becomes", async () => {
  for (const type of ["gc", "nl", "a2", "aa", "gsop"]) {
    const spec = {
      name: "gate",
      input: { channels: 3, height: 12, width: 8 },
      stem: { channels: 32 },
      stages: [{ block: "conv-norm-act", channels: 32, attention: { type } }],
      head: { classes: 5 },
    };
    const graph = await inTemporaryFolder((folder) => {
      const file = join(folder, "gate.json");
      writeFileSync(file, JSON.stringify(spec));
      return specNetwork(file).graph;
    });
    const lowered = runPasses(graph, [invocationOf("lower-attention")]).graph;
    const { productMacs } = countNetwork(graph);
    assert.type(productMacs, "number", type);
    assert.is(productMacs, countNetwork(lowered).productMacs, type);
  }
});

test.run();
