import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { run } from "../../src/driver/run/run.js";
import { verify } from "../../src/driver/verify/verify.js";
import { importBytes } from "../../src/files/models/open.js";
import { tensorType } from "../../src/ir/types.js";
import {
  AttributeProto,
  ModelProto,
  type NodeMessage,
  type TensorMessage,
  TensorProto,
} from "../../src/onnx/file/proto.js";
import { encodeValueInfo } from "../../src/onnx/file/value-info.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("driver: verify, files of other numbers");

/** A detector with QuantizeLinear and DequantizeLinear around each convolution, made by onnx.helper with random weights. */
const QUANTISED = "test/data/onnx-numbers/quantised.onnx";
/** A segmenter that ends in ArgMax, likewise. */
const LABELS = "test/data/onnx-numbers/labels.onnx";
/** A network with a second input [2] that has no batch, likewise. */
const SECOND = "test/data/onnx-numbers/second-input.onnx";

test("a quantised network is right, and one with other weights is wrong", () =>
  inTemporaryFolder(async (folder) => {
    const report = await verify(QUANTISED, { batches: [1] });
    assert.is(report.verdict, "right");
    const [first] = report.comparisons;
    // The output's own step is 0.05.
    assert.ok(first !== undefined && first.tolerance >= 0.05 && first.tolerance < 1, `${first?.tolerance}`);
    const model = ModelProto.decode(readFileSync(QUANTISED));
    const weight = model.graph?.initializer?.find(({ dims }) => dims?.length === 4);
    assert.ok(weight?.rawData);
    for (let i = 0; i < 27; i++) weight.rawData[i] = (weight.rawData[i] as number) ^ 0x40;
    const changed = join(folder, "changed.onnx");
    writeFileSync(changed, ModelProto.encode(model).finish());
    assert.is((await verify(QUANTISED, { batches: [1], against: changed })).verdict, "wrong");
  }));

test("labels are compared, and a vector is given whatever the batch", async () => {
  for (const file of [LABELS, SECOND]) {
    const report = await verify(file);
    assert.is(report.verdict, "right", file);
    assert.ok(report.comparisons.length > 0);
  }
});

test("labels are written as int64", () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, "labels.npy");
    const { outputs } = await run(LABELS, {
      inputs: ["test/data/onnx-numbers/labels.x.npy"],
      outputs: [output],
    });
    assert.is(outputs[0]?.dtype, "int64");
    assert.equal([...readFileSync(output)], [...readFileSync("test/data/onnx-numbers/labels.y.npy")]);
  }));

const [FLOAT, INT64, FLOAT16] = [1, 7, 10];

const node = (
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attribute: NodeMessage["attribute"] = [],
): NodeMessage => ({
  opType,
  name: `/${output.join("")}`,
  input: [...input],
  output: [...output],
  attribute,
});

const port = (name: string, elemType: number, dims: readonly (number | string)[]) => {
  const dim = dims.map((each) => (typeof each === "number" ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
};

/** A model of an input x [N, 64] of float32. */
function model(
  nodes: readonly NodeMessage[],
  outputs: readonly ReturnType<typeof port>[],
  tensors: readonly TensorMessage[] = [],
): Uint8Array {
  const graph = {
    ...{ name: "numbers", node: [...nodes], initializer: [...tensors] },
    ...{ input: [port("x", FLOAT, ["N", 64])], output: [...outputs] },
  };
  return ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 13 }], graph }).finish();
}

function written(file: string, ...parts: Parameters<typeof model>): string {
  writeFileSync(file, model(...parts));
  return file;
}

test("whole numbers that no input changes are right beside an output that shows something, in their own row too", () =>
  inTemporaryFolder(async (folder) => {
    const nodes = [node("Relu", ["x"], ["y"]), node("Shape", ["x"], ["s"])];
    const [y, sizes] = [port("y", FLOAT, ["N", 64]), port("s", INT64, [2])];
    const report = await verify(written(join(folder, "both.onnx"), nodes, [y, sizes]));
    assert.is(report.verdict, "right");
    assert.ok(report.comparisons.some(({ output }) => output === "s"));
    for (const { output, ok, verdict, why } of report.comparisons)
      assert.equal([output, ok, verdict, why], [output, true, "right", undefined]);
    const alone = await verify(written(join(folder, "alone.onnx"), nodes.slice(1), [sizes]));
    assert.equal(
      [alone.verdict, ...alone.comparisons.map(({ verdict }) => verdict)],
      ["undecided", ...alone.comparisons.map(() => "undecided")],
    );
  }));

test("whole numbers beyond their range come in again at the other end, as ONNX Runtime has them", () =>
  inTemporaryFolder(async (folder) => {
    const types: Readonly<Record<string, readonly [elemType: number, over: number, under: number]>> = {
      uint8: [2, 44, 156],
      int8: [3, 44, -100],
      int16: [5, 300, -100],
      int32: [6, 300, -100],
    };
    for (const [name, [elemType, over, under]] of Object.entries(types)) {
      const graph = {
        ...{ name, node: [node("Add", ["a", "b"], ["y"]), node("Sub", ["c", "a"], ["z"])] },
        input: ["a", "b", "c"].map((each) => port(each, elemType, [60])),
        output: ["y", "z"].map((each) => port(each, elemType, [60])),
      };
      const bytes = ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 14 }], graph });
      const file = join(folder, `${name}.onnx`);
      writeFileSync(file, bytes.finish());
      assert.is((await verify(file)).verdict, "right", name);

      const full = (value: number) => ({ dims: [60], data: new Float64Array(60).fill(value) });
      const inputs = new Map([
        ["a", full(100)],
        ["b", full(200)],
        ["c", full(0)],
      ]);
      const outputs = evaluateGraph(importBytes(readFileSync(file), name).graph, inputs, () => full(0));
      assert.equal([outputs.get("y")?.data[0], outputs.get("z")?.data[0]], [over, under], name);
    }
  }));

test("parts of a tensor of which one has no name, which ONNX Runtime has no run of, are those that the sizes say", () => {
  const nodes = [
    node("Split", ["x"], ["", "b"], [{ name: "axis", type: 2, i: 1 }]),
    node("Abs", ["b"], ["y"]),
  ];
  const { graph } = importBytes(model(nodes, [port("y", FLOAT, ["N", 32])]), "split.onnx");
  const x = { dims: [1, 64], data: Float64Array.from({ length: 64 }, (_, i) => -i) };
  const outputs = evaluateGraph(graph, new Map([["x", x]]), () => {
    throw new Error("it has no parameters");
  });
  assert.equal(outputs.get("y"), {
    dims: [1, 32],
    data: Float64Array.from({ length: 32 }, (_, i) => 32 + i),
  });
});

test("files in half precision that nothing but ONNX Runtime runs may differ by what half precision rounds", () =>
  inTemporaryFolder(async (folder) => {
    const toHalf = (name: string): NodeMessage =>
      node("Cast", [name], [`${name}16`], [{ name: "to", type: 2, i: FLOAT16 }]);
    const row = (name: string, factor: number): TensorMessage => ({
      ...{ name, dims: [64], dataType: FLOAT },
      floatData: Array.from({ length: 64 }, (_, i) => factor * (1 + Math.sin(i) / 3)),
    });
    const file = (name: string, products: readonly NodeMessage[]): string =>
      written(
        join(folder, name),
        [
          ...["x", "u", "v"].map(toHalf),
          ...products,
          node("Cast", ["p"], ["z"], [{ name: "to", type: 2, i: FLOAT }]),
          // An operator that the interpreter does not know; with these attributes it adds nothing.
          node(
            "Shrink",
            ["z"],
            ["y"],
            [
              { name: "lambd", type: 1, f: 0 },
              { name: "bias", type: 1, f: 0 },
            ],
          ),
        ],
        [port("y", FLOAT, ["N", 64])],
        [row("u", 0.7), row("v", 1.3)],
      );
    const one = file("one.onnx", [node("Mul", ["x16", "u16"], ["q"]), node("Mul", ["q", "v16"], ["p"])]);
    const other = file("other.onnx", [node("Mul", ["u16", "v16"], ["q"]), node("Mul", ["x16", "q"], ["p"])]);
    const wrong = file("wrong.onnx", [node("Mul", ["x16", "u16"], ["q"]), node("Mul", ["q", "u16"], ["p"])]);
    const report = await verify(one, { against: other });
    assert.is(report.verdict, "right", JSON.stringify(report.comparisons));
    assert.ok(report.comparisons.some(({ maxAbs }) => maxAbs > 0));
    assert.is((await verify(one, { against: wrong })).verdict, "wrong");
  }));

test("weights that a function holds, or a branch that is taken, are the same in both rounds", () =>
  inTemporaryFolder(async (folder) => {
    const scale = (name: string, value: number): NodeMessage => ({
      opType: "Constant",
      output: [name],
      attribute: [
        {
          name: "value",
          type: AttributeProto.AttributeType.TENSOR,
          t: { dims: [4], dataType: TensorProto.DataType.FLOAT, floatData: [value, 1, -1, 2] },
        },
      ],
    });
    const times = (x: string, by: string, y: string): NodeMessage => ({
      opType: "Mul",
      input: [x, by],
      output: [y],
    });
    const port = (name: string) => encodeValueInfo(name, tensorType([2, 4]));
    const branch = {
      name: "taken",
      node: [scale("k", 3), times("h", "k", "b")],
      output: [port("b")],
    };
    const taken = { type: AttributeProto.AttributeType.GRAPH, g: branch };
    const file = join(folder, "function.onnx");
    const model = {
      irVersion: 8,
      opsetImport: [
        { domain: "", version: 17 },
        { domain: "own", version: 1 },
      ],
      functions: [
        {
          name: "Scaled",
          domain: "own",
          input: ["a"],
          output: ["c"],
          node: [scale("w", 5), times("a", "w", "c")],
          opsetImport: [{ domain: "", version: 17 }],
        },
      ],
      graph: {
        name: "g",
        input: [port("x")],
        output: [port("y")],
        initializer: [
          { name: "v", dims: [4], dataType: TensorProto.DataType.FLOAT, floatData: [1, 2, 3, 4] },
          { name: "is", dims: [], dataType: TensorProto.DataType.BOOL, int32Data: [1] },
        ],
        node: [
          times("x", "v", "g"),
          { opType: "Scaled", domain: "own", input: ["g"], output: ["h"] },
          {
            opType: "If",
            input: ["is"],
            output: ["y"],
            attribute: ["then_branch", "else_branch"].map((name) => ({ name, ...taken })),
          },
        ],
      },
    };
    writeFileSync(file, ModelProto.encode(model).finish());
    const { verdict, comparisons } = await verify(file);
    assert.is(verdict, "right", comparisons.map(({ why }) => why).join("; "));
    assert.ok(comparisons.some(({ weights }) => weights === "stress weights"));
  }));

test.run();
