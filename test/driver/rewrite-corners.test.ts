import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { npyBytes, structuredImages } from "../../bench/structured-images.js";
import { CheckError, formatDiagnostic, InputError } from "../../src/base/diagnostic.js";
import { compile } from "../../src/driver/compile/compile.js";
import { inspect } from "../../src/driver/inspect/inspect.js";
import { loadRewrite } from "../../src/driver/rewrite/load-rewrite.js";
import { type RewriteOptions, type RewriteReport, rewrite } from "../../src/driver/rewrite/rewrite.js";
import {
  AttributeProto,
  type GraphMessage,
  ModelProto,
  type NodeMessage,
  type TensorMessage,
  type ValueInfoMessage,
} from "../../src/onnx/file/proto.js";
import { randomInputs } from "../../src/trials/numbers.js";
import { sizedInputs } from "../../src/trials/sized-inputs.js";
import { inTemporaryFolder } from "../temporary-folder.js";

const test = suite("driver: rewrite, unusual files");

const { GRAPH, INTS, TENSOR } = AttributeProto.AttributeType;
const FLOAT = 1;
const CHANNELS = 4;

/** What a file has beside the nodes of its tests: an SE gate from `a` to `g` behind a convolution, and one behind it. */
interface Parts {
  readonly gate?: readonly NodeMessage[];
  readonly between?: readonly NodeMessage[];
  /** What the last convolution reads. */
  readonly last?: string;
  readonly tensors?: readonly TensorMessage[];
  readonly inputs?: readonly ValueInfoMessage[];
  readonly outputs?: readonly ValueInfoMessage[];
}

function node(opType: string, input: readonly string[], output: string, more: NodeMessage = {}): NodeMessage {
  return { opType, name: `/${output}`, input: [...input], output: [output], ...more };
}

function padded(input: string, weight: string, output: string): NodeMessage {
  return node("Conv", [input, weight], output, {
    attribute: [{ name: "pads", type: INTS, ints: [1, 1, 1, 1] }],
  });
}

function declared(name: string, dims: readonly (number | string)[]): ValueInfoMessage {
  const dim = dims.map((each) => (typeof each === "number" ? { dimValue: each } : { dimParam: each }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}

/** A tensor of numbers around zero, others for other names. */
function tensor(name: string, ...dims: readonly number[]): TensorMessage {
  const length = dims.reduce((a, b) => a * b, 1);
  const floatData = Array.from({ length }, (_, i) => Math.sin(12.9898 * (i + 1) + name.length));
  return { name, dataType: FLOAT, dims: [...dims], floatData };
}

const GATE_TENSORS = [tensor("reduce", 2, CHANNELS, 1, 1), tensor("expand", CHANNELS, 2, 1, 1)];

const GATE: readonly NodeMessage[] = [
  node("GlobalAveragePool", ["a"], "squeezed"),
  node("Conv", ["squeezed", "reduce"], "reduced"),
  node("Relu", ["reduced"], "active"),
  node("Conv", ["active", "expand"], "expanded"),
  node("Sigmoid", ["expanded"], "scale"),
  node("Mul", ["a", "scale"], "g"),
];

function modelOf({ gate = GATE, between = [], last = "g", tensors, inputs, outputs }: Parts): Uint8Array {
  const image = [declared("x", ["N", 3, 8, 8])];
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 13 }],
    graph: {
      name: "corner",
      node: [padded("x", "stem", "a"), ...gate, ...between, padded(last, "head", "y")],
      initializer: [
        tensor("stem", CHANNELS, 3, 3, 3),
        tensor("head", 2, CHANNELS, 3, 3),
        ...(tensors ?? GATE_TENSORS),
      ],
      input: [...image, ...(inputs ?? [])],
      output: [declared("y", ["N", 2, 8, 8]), ...(outputs ?? [])],
    },
  }).finish();
}

/** An If whose branches read a tensor of the graph around it, and the number `two`. */
function conditional(reads: string, output: string): NodeMessage {
  const branch = (name: string, factor: string) => ({
    name,
    node: [{ opType: "Mul", input: [reads, factor], output: [`${output}_${name}`] }],
    output: [{ name: `${output}_${name}`, type: { tensorType: { elemType: FLOAT } } }],
  });
  return node("If", ["condition"], output, {
    attribute: [
      { name: "then_branch", type: GRAPH, g: branch("then", "two") },
      { name: "else_branch", type: GRAPH, g: branch("else", reads) },
    ],
  });
}

const CONDITION: readonly TensorMessage[] = [
  { name: "condition", dataType: 9, dims: [], rawData: Uint8Array.of(1) },
  { name: "two", dataType: FLOAT, dims: [], floatData: [2] },
];

/** Rewrites a file, with verification, and gives the nodes of what is written. */
function rewritten(
  parts: Parts,
  options: RewriteOptions,
): Promise<{ readonly report: RewriteReport; readonly nodes: readonly NodeMessage[] }> {
  return inTemporaryFolder(async (folder) => {
    const [file, output] = [join(folder, "in.onnx"), join(folder, "out.onnx")];
    writeFileSync(file, modelOf(parts));
    const report = await rewrite(file, { ...options, output });
    return { report, nodes: ModelProto.decode(readFileSync(output)).graph?.node ?? [] };
  });
}

/** Two subgraphs that read what the gate gives. */
const TWICE: Parts = {
  between: [conditional("g", "first"), conditional("g", "second"), node("Add", ["first", "second"], "sum")],
  last: "sum",
  tensors: [...GATE_TENSORS, ...CONDITION],
};

test("two subgraphs may read what takes a gate's place", async () => {
  const swapped = await rewritten(TWICE, { swaps: ["se=eca"] });
  assert.is(swapped.report.verification?.of, "gates");
  const removed = await rewritten(TWICE, { swaps: ["se=none"] });
  assert.is(removed.report.attentionParameters, 0);
});

test("subgraphs and operators without a known type go on reading float32 beside float16", async () => {
  const half = { precision: "fp16" } as const;
  assert.is((await rewritten(TWICE, half)).report.verification?.of, "file");
  const bytes: Parts = {
    between: [
      node("QuantizeLinear", ["a", "step"], "q"),
      node("DequantizeLinear", ["q", "step"], "d"),
      node("Add", ["d", "g"], "sum"),
    ],
    last: "sum",
    tensors: [...GATE_TENSORS, { name: "step", dataType: FLOAT, dims: [], floatData: [0.05] }],
  };
  assert.is((await rewritten(bytes, half)).report.verification?.of, "file");
  // `two` is a number of the graph too, which computes in float16.
  const shared: Parts = {
    between: [node("Mul", ["g", "two"], "m"), conditional("m", "first")],
    last: "first",
    tensors: [...GATE_TENSORS, ...CONDITION],
  };
  assert.is((await rewritten(shared, half)).report.verification?.of, "file");
});

test("a gate's weights may be constants among its nodes", async () => {
  const constant = (value: TensorMessage): NodeMessage =>
    node("Constant", [], value.name ?? "", { attribute: [{ name: "value", type: TENSOR, t: value }] });
  const [reduce, expand] = GATE_TENSORS as [TensorMessage, TensorMessage];
  const gate = GATE.flatMap((each) => {
    if (each.output?.[0] === "reduced") return [constant(reduce), each];
    return each.output?.[0] === "expanded" ? [constant(expand), each] : [each];
  });
  const { nodes } = await rewritten({ gate, tensors: [] }, { passes: "lower-attention" });
  const defined = new Set(["x", "stem", "head"]);
  for (const { input, output } of nodes) {
    for (const name of input ?? []) assert.ok(defined.has(name), `${name} is read before it is defined`);
    for (const name of output ?? []) defined.add(name);
  }
});

test("weights that are outputs stay, whatever becomes of what reads them", async () => {
  const parts: Parts = {
    outputs: [declared("reduce", [2, CHANNELS, 1, 1]), declared("head", [2, CHANNELS, 3, 3])],
  };
  assert.is((await rewritten(parts, { swaps: ["se=eca"] })).report.verification?.of, "gates");
  assert.is((await rewritten(parts, { precision: "fp16" })).report.verification?.of, "file");
});

test("inputs are run in the sizes that they have, and in a batch where that is open", async () => {
  const declaredInputs = [
    { name: "x", dims: ["N", 3, 8, 8] },
    { name: "factors", dims: [4, 1, 1] },
    { name: "temperature", dims: [] },
    { name: "tokens", dims: ["N", "T"] },
  ];
  const { inputs, notes } = sizedInputs(declaredInputs, "m.onnx");
  const feeds = randomInputs(inputs, 2, 0);
  assert.equal(
    notes.map(({ message }) => message),
    ["sizes of the input tokens are open ([N, T]); they are taken for 64"],
  );
  assert.equal(
    [...feeds].map(([name, { dims, data }]) => [name, dims, data.length]),
    [
      ["x", [2, 3, 8, 8], 2 * 3 * 8 * 8],
      ["factors", [4, 1, 1], 4],
      ["temperature", [], 1],
      ["tokens", [2, 64], 128],
    ],
  );
  const scaled: Parts = {
    between: [node("Mul", ["g", "factors"], "m")],
    last: "m",
    inputs: [declared("factors", [CHANNELS, 1, 1])],
  };
  assert.is((await rewritten(scaled, { passes: "lower-attention" })).report.verification?.of, "file");
  assert.is(
    (await rewritten(scaled, { passes: "lower-attention", batch: 1 })).report.verification?.of,
    "file",
  );
});

/** A second input, of sequences whose length is open, that one more node reads. */
const sequences = (...reads: readonly NodeMessage[]): Parts => ({
  between: reads,
  tensors: [...GATE_TENSORS, tensor("five", 5, 3)],
  inputs: [declared("s", ["N", "T"])],
  outputs: [declared("r", ["N", "R"])],
});

test("the length that the verification takes for an open one is said, also where nothing runs with it", async () => {
  const taken = "sizes of the input s are open ([N, T]); they are taken for 64";
  const { report } = await rewritten(sequences(node("Relu", ["s"], "r")), { passes: "lower-attention" });
  assert.is(report.verification?.of, "file");
  assert.equal(
    report.warnings.map(({ message, hint }) => [message, hint]),
    [[taken, "--input-shape s=1x64 gives others"]],
  );
  const error = await rewritten(sequences(node("MatMul", ["s", "five"], "r")), {
    passes: "lower-attention",
  }).catch((each: unknown) => each);
  assert.instance(error, CheckError);
  const [diagnostic] = (error as CheckError).diagnostics;
  assert.is(diagnostic?.code, "rewrite/not-comparable");
  assert.is(
    diagnostic?.hint,
    `${taken}; --input-shape s=1x64 gives others; --no-verify writes it without that`,
  );
});

test("a swap in a network without gates is an error, also one of any gates", async () => {
  const gate = [node("Relu", ["a"], "g")];
  try {
    await rewritten({ gate }, { swaps: ["any=eca"] });
  } catch (error) {
    assert.instance(error, InputError);
    assert.match((error as InputError).message, /no gate was found/);
    return;
  }
  assert.unreachable("it was written");
});

test("operators in which no gate can be found are named, with the reason", async () => {
  const { report } = await rewritten(
    { gate: [node("Foo", ["a"], "b", { domain: "com.example" }), node("Relu", ["b"], "g")] },
    {},
  );
  assert.equal(
    report.opaque.map(({ operator, domain, count }) => [operator, domain, count]),
    [
      ["Conv", "", 1],
      ["Foo", "com.example", 1],
      ["Relu", "", 1],
    ],
  );
});

test("a file without ONNX's own operators has no opset, and is copied", () =>
  inTemporaryFolder(async (folder) => {
    const [file, output] = [join(folder, "in.onnx"), join(folder, "out.onnx")];
    const [x, y] = [declared("x", [1, 2]), declared("y", [1, 2])];
    const foreign = node("Own", ["x"], "y", { domain: "com.example" });
    const opsetImport = [{ domain: "com.example", version: 1 }];
    const graph = { name: "g", node: [foreign], input: [x], output: [y] };
    writeFileSync(file, ModelProto.encode({ irVersion: 8, opsetImport, graph }).finish());
    assert.is((await inspect(file)).opset, null);
    assert.is((await rewrite(file, { output })).opset, null);
    assert.is((await rewrite(file, {})).opset, null);
    assert.equal(
      ModelProto.decode(readFileSync(output)).opsetImport?.map(({ domain }) => domain),
      ["com.example"],
    );
  }));

test("a file of a fixed batch starts its new gates as one of an open batch", () =>
  inTemporaryFolder(async (folder) => {
    const calibrate = join(folder, "x.npy");
    // An odd number, so that the last batch is filled up.
    writeFileSync(calibrate, npyBytes(structuredImages(7, 32, 0)));
    const [two, open] = await Promise.all(
      ([2, "dynamic"] as const).map(async (batch) => {
        const file = join(folder, `${batch}.onnx`);
        await compile("specs/small.json", { output: file, batch });
        return rewrite(file, { swaps: ["se=eca"], newGates: "fit", calibrate });
      }),
    );
    const fitOf = (report: RewriteReport | undefined): readonly number[] =>
      [report?.newGates?.output, ...(report?.newGates?.gates.map(({ likeness }) => likeness) ?? [])].map(
        (likeness) => likeness?.fit.relativeError ?? Number.NaN,
      );
    assert.is(fitOf(two).length, 2);
    fitOf(two).forEach((error, i) => {
      assert.ok(error > 0.001 && Math.abs(error / (fitOf(open)[i] ?? 0) - 1) < 1e-3, `${error}`);
    });
  }));

test("what a message quotes from a file can't give the terminal orders", () => {
  const text = formatDiagnostic({
    code: "onnx/initializer",
    message: 'the data "\x1b[2J\0\x9b1m" is not there',
    hint: "two\nlines",
  });
  assert.is(
    text,
    'error: the data "\\u{1b}[2J\\u{0}\\u{9b}1m" is not there [onnx/initializer]\n  hint: two\n  lines',
  );
});

/** A network whose operators one of another domain joins: ONNX Runtime refuses the file. */
const CUSTOM: Parts = {
  between: [node("Own", ["g"], "own", { domain: "com.example" })],
  last: "own",
};

test("what changes element types is loaded before it is written, also without verification", async () => {
  const half = await rewritten({}, { precision: "fp16", verify: false });
  assert.is(half.report.verification, undefined);
  assert.equal(half.report.warnings, []);
  const custom = await rewritten(CUSTOM, { precision: "fp16", verify: false });
  assert.equal(
    custom.report.warnings.map(({ code }) => code),
    ["rewrite/not-loaded"],
  );
  await inTemporaryFolder(async (folder) => {
    const [good, bad] = [join(folder, "good.onnx"), join(folder, "bad.onnx")];
    writeFileSync(good, modelOf({}));
    writeFileSync(bad, modelOf(CUSTOM));
    assert.equal(await loadRewrite(good, async (path) => copyFileSync(good, path)), []);
    try {
      await loadRewrite(good, async (path) => copyFileSync(bad, path));
      assert.unreachable();
    } catch (error) {
      assert.instance(error, CheckError);
      assert.is((error as CheckError).diagnostics[0]?.code, "rewrite/refused");
    }
  });
});

test("a network with float16 inputs is verified as any other", () =>
  inTemporaryFolder(async (folder) => {
    const [full, half, again] = ["full", "half", "again"].map((name) => join(folder, `${name}.onnx`)) as [
      string,
      string,
      string,
    ];
    writeFileSync(full, modelOf({}));
    await rewrite(full, { precision: "fp16", output: half });
    const model = ModelProto.decode(readFileSync(half));
    const graph = model.graph as GraphMessage;
    // As with keep_io_types=False: the casts at both ends go.
    const [first, last] = [graph.node?.at(0), graph.node?.at(-1)];
    assert.equal([first?.opType, last?.opType], ["Cast", "Cast"]);
    const [x, y] = [first?.output?.[0] ?? "", last?.input?.[0] ?? ""];
    const ofHalf = (name: string, dims: readonly (number | string)[]): ValueInfoMessage => {
      const info = declared(name, dims);
      return { ...info, type: { tensorType: { ...info.type?.tensorType, elemType: 10 } } };
    };
    graph.node = graph.node?.slice(1, -1) ?? [];
    graph.input = [ofHalf(x, ["N", 3, 8, 8])];
    graph.output = [ofHalf(y, ["N", 2, 8, 8])];
    graph.valueInfo = [];
    writeFileSync(half, ModelProto.encode(model).finish());
    const { verification } = await rewrite(half, {
      passes: "lower-attention,eliminate-dead-code",
      batch: 2,
      output: again,
    });
    assert.is(verification?.of, "file");
  }));

/** An output of another element type. */
function declaredAs(elemType: number, name: string, dims: readonly (number | string)[]): ValueInfoMessage {
  const { type } = declared(name, dims);
  return { name, type: { tensorType: { ...type?.tensorType, elemType } } };
}

const [FLOAT16, INT64] = [10, 7];
const INT = AttributeProto.AttributeType.INT;

/** The batch of the file is open, and what such an operator makes of another one it is unknown. */
const UNSIZED = /its operators can't be read for the images' sizes/;

/** What the gate of a file leads to besides, and what the report says of fitting it together with others. */
const BEHIND: readonly (readonly [what: string, parts: Parts, reason: RegExp | undefined])[] = [
  ["nothing", {}, undefined],
  [
    "a TopK of whose results both are outputs",
    {
      between: [
        node("TopK", ["g", "count"], "most", {
          output: ["most", "places"],
          attribute: [{ name: "axis", type: INT, i: 1 }],
        }),
      ],
      tensors: [...GATE_TENSORS, { name: "count", dataType: INT64, dims: [1], int64Data: [2] }],
      outputs: [declared("most", ["N", 2, 8, 8]), declaredAs(INT64, "places", ["N", 2, 8, 8])],
    },
    UNSIZED,
  ],
  [
    "an output of half precision",
    {
      between: [node("Cast", ["g"], "half", { attribute: [{ name: "to", type: INT, i: FLOAT16 }] })],
      outputs: [declaredAs(FLOAT16, "half", ["N", CHANNELS, 8, 8])],
    },
    /half is float16/,
  ],
  [
    "an operator beside the network that is no op",
    {
      between: [node("Hardmax", ["x"], "side", { attribute: [{ name: "axis", type: INT, i: 1 }] })],
      outputs: [declared("side", ["N", 3, 8, 8])],
    },
    UNSIZED,
  ],
  [
    "a root of what is 0 in places",
    {
      between: [node("Relu", ["g"], "positive"), node("Sqrt", ["positive"], "root")],
      outputs: [declared("root", ["N", CHANNELS, 8, 8])],
    },
    undefined,
  ],
];

for (const [what, parts, reason] of BEHIND) {
  test(`fitted gates, and behind them ${what}: they are fitted together, or it is said why not`, () =>
    inTemporaryFolder(async (folder) => {
      const [file, images] = [join(folder, "in.onnx"), join(folder, "x.npy")];
      writeFileSync(file, modelOf(parts));
      writeFileSync(images, npyBytes(structuredImages(8, 8, 0)));
      const fitting = { swaps: ["se=eca"], newGates: "fit", calibrate: images } as const;
      const { newGates } = await rewrite(file, fitting);
      const together = newGates?.together;
      if (together === undefined) throw new Error("nothing is said");
      if ("reason" in together) assert.match(together.reason, reason ?? /^never$/);
      else assert.ok(reason === undefined && Number.isFinite(together.after), JSON.stringify(together));
    }));
}

test.run();
