import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import {
  AttributeProto,
  ModelProto,
  type NodeMessage,
  type TensorMessage,
  type ValueInfoMessage,
} from "../../src/onnx/file/proto.js";
import { startRuntime } from "../../src/runtime/session.js";
import { runModel } from "../../src/trials/outputs.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("driver: outputs that are tensors of the file");

const { FLOAT, INT64, BOOL } = { FLOAT: 1, INT64: 7, BOOL: 9 };

function node(opType: string, input: readonly string[], output: string, more: NodeMessage = {}): NodeMessage {
  return { opType, input: [...input], output: [output], ...more };
}

function declared(name: string, elemType: number, dims: readonly (number | string)[]): ValueInfoMessage {
  const dim = dims.map((each) => (typeof each === "number" ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

const TENSORS: readonly TensorMessage[] = [
  { name: "w", dataType: FLOAT, dims: [3], floatData: [1.5, -2, 3] },
  { name: "k", dataType: INT64, dims: [2], int64Data: [7, 9] },
  { name: "is", dataType: BOOL, dims: [2], int32Data: [1, 0] },
];

const CONSTANT: NodeMessage = {
  attribute: [{ name: "value_floats", type: AttributeProto.AttributeType.FLOATS, floats: [4, 5] }],
};

/** One output that is computed, one that is the input, and all others are constants: one tensor twice, a product, a Constant node. */
function model(irVersion: number): Uint8Array {
  const inputs = TENSORS.map(({ name, dataType, dims }) =>
    declared(name ?? "", dataType ?? FLOAT, (dims ?? []).map(Number)),
  );
  return ModelProto.encode({
    irVersion,
    opsetImport: [{ domain: "", version: 12 }],
    graph: {
      name: "constants",
      node: [
        node("Add", ["x", "w"], "sum"),
        node("Identity", ["w"], "once"),
        node("Identity", ["w"], "twice"),
        node("Mul", ["w", "w"], "square"),
        node("Identity", ["k"], "labels"),
        node("Identity", ["is"], "flags"),
        node("Constant", [], "sizes", CONSTANT),
        node("Identity", ["x"], "image"),
      ],
      initializer: [...TENSORS],
      input: [declared("x", FLOAT, ["N", 3]), ...(irVersion < 4 ? inputs : [])],
      output: [
        declared("sum", FLOAT, ["N", 3]),
        declared("once", FLOAT, [3]),
        declared("twice", FLOAT, [3]),
        declared("square", FLOAT, [3]),
        declared("labels", INT64, [2]),
        declared("flags", BOOL, [2]),
        declared("sizes", FLOAT, [2]),
        declared("image", FLOAT, ["N", 3]),
      ],
    },
  }).finish();
}

/** The simplified file, which ONNX Runtime has to take, with the same outputs. */
async function simplified(
  bytes: Uint8Array,
  options: { externalData?: boolean } = {},
): Promise<readonly NodeMessage[]> {
  return inTemporaryFolder(async (folder) => {
    const [file, output] = [join(folder, "in.onnx"), join(folder, "out.onnx")];
    writeFileSync(file, bytes);
    await rewrite(file, { output, passes: "simplify", ...options });
    const runtime = await startRuntime();
    try {
      const [before, after] = [await runtime.open(bytes), await runtime.open(readFileSync(output))];
      const [own, left] = [
        await runModel(before, before.inputs, 2, 0),
        await runModel(after, before.inputs, 2, 0),
      ];
      assert.equal([...left], [...own]);
    } finally {
      runtime.close();
    }
    return ModelProto.decode(readFileSync(output)).graph?.node ?? [];
  });
}

const operators = (nodes: readonly NodeMessage[]): readonly string[] =>
  nodes.map(({ opType }) => opType ?? "");

test("simplify makes them the outputs, under the outputs' names", async () => {
  assert.equal(operators(await simplified(model(8))), ["Add", "Identity"]);
});

test("before IR version 4 they are declared as inputs too, and one whose elements are not read is handed on", async () => {
  const nodes = await simplified(model(3));
  assert.equal(operators(nodes), ["Identity", "Add", "Identity"]);
  assert.equal(nodes[0]?.output, ["flags"]);
});

test("a file that has such outputs is simplified to itself", async () => {
  await inTemporaryFolder(async (folder) => {
    const [first, second] = [join(folder, "first.onnx"), join(folder, "second.onnx")];
    writeFileSync(join(folder, "in.onnx"), model(8));
    await rewrite(join(folder, "in.onnx"), { output: first, passes: "simplify", digest: false });
    await rewrite(first, { output: second, passes: "simplify", digest: false });
    assert.is(Buffer.compare(readFileSync(first), readFileSync(second)), 0);
  });
});

test.run();
