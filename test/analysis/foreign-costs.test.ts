import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttributeMessage, AttributeProto, type NodeMessage } from "../../src/onnx/file/proto.js";
import { countsOf, FLOAT, INT8, node, type Sized } from "./counted-model.js";

const test = suite("analysis: costs of operators that no op is");

const { INT, INTS, STRING, GRAPH, TENSOR } = AttributeProto.AttributeType;

function int(name: string, i: number): AttributeMessage {
  return { name, type: INT, i };
}

function ints(name: string, list: readonly number[]): AttributeMessage {
  return { name, type: INTS, ints: [...list] };
}

function text(name: string, s: string): AttributeMessage {
  return { name, type: STRING, s: Buffer.from(s) };
}

/** Counts one for each round of nested loops: what an operator multiplies, as its definition says it. */
function rounds(...sizes: readonly number[]): number {
  let count = 0;
  const walk = (depth: number): void => {
    const size = sizes[depth];
    if (size === undefined) count++;
    else for (let i = 0; i < size; i++) walk(depth + 1);
  };
  walk(0);
  return count;
}

const MAP: Sized = { name: "x", dims: ["N", 6, 5, 4] };

test("a transposed convolution multiplies each input place by the kernels of its group", async () => {
  const attribute = [int("group", 2), ints("strides", [2, 2])];
  // Each of 6 channels, 5 x 4 places, goes to 3 channels of its group by 3 x 3 weights.
  assert.equal(
    await countsOf(
      [node("ConvTranspose", ["x", "w"], "y", { attribute })],
      [MAP],
      [{ name: "w", dims: [6, 3, 3, 3] }],
    ),
    { macs: rounds(6, 5, 4, 3, 3, 3) },
  );
});

test("quantized layers count as the layers that they are", async () => {
  const bytes = { type: INT8 };
  const point = (name: string) => ({ name, dims: [], ...bytes });
  const scale = (name: string) => ({ name, dims: [] });
  const conv = await countsOf(
    [
      node("QuantizeLinear", ["x", "s", "z"], "q"),
      node("QLinearConv", ["q", "s", "z", "w", "s", "z", "s", "z"], "r", { attribute: [int("group", 2)] }),
      node("DequantizeLinear", ["r", "s", "z"], "y"),
    ],
    [MAP],
    [{ name: "w", dims: [4, 3, 2, 2], ...bytes }, scale("s"), point("z")],
  );
  assert.equal(conv, { macs: rounds(4, 4, 3, 3, 2, 2) });
  const rows: Sized = { name: "x", dims: ["N", 7, 8] };
  const weight = { name: "w", dims: [8, 9], ...bytes };
  const products = await countsOf(
    [
      node("DynamicQuantizeLinear", ["x"], "q", { output: ["q", "s", "z"] }),
      node("MatMulInteger", ["q", "w", "z"], "i"),
      node("Cast", ["i"], "y", { attribute: [int("to", FLOAT)] }),
    ],
    [rows],
    [weight],
  );
  assert.equal(products, { macs: rounds(7, 8, 9) });
  const whole = await countsOf(
    [
      node("QuantizeLinear", ["x", "s", "z"], "q"),
      node("QLinearMatMul", ["q", "s", "z", "w", "s", "z", "s", "z"], "r"),
      node("DequantizeLinear", ["r", "s", "z"], "y"),
    ],
    [rows],
    [weight, scale("s"), point("z")],
  );
  assert.equal(whole, { macs: rounds(7, 8, 9) });
  const pairs = await countsOf(
    [node("DequantizeLinear", ["w", "s", "z"], "v"), node("MatMul", ["x", "v"], "y")],
    [rows],
    [weight, scale("s"), point("z")],
  );
  assert.equal(pairs, { macs: rounds(7, 8, 9) }, "weights behind DequantizeLinear");
});

test("recurrent layers multiply every weight at each step, in each direction", async () => {
  const x: Sized = { name: "x", dims: ["N", 5, 3] };
  const steps = node("Transpose", ["x"], "t", { attribute: [ints("perm", [1, 0, 2])] });
  for (const [operator, gates] of [
    ["LSTM", 4],
    ["GRU", 3],
    ["RNN", 1],
  ] as const) {
    const attribute = [int("hidden_size", 2), text("direction", "bidirectional")];
    const weights = [
      { name: "w", dims: [2, gates * 2, 3] },
      { name: "r", dims: [2, gates * 2, 2] },
    ];
    const counted = await countsOf(
      [steps, node(operator, ["t", "w", "r"], "y", { attribute })],
      [x],
      weights,
    );
    assert.equal(counted, { macs: rounds(5, 2, gates, 2, 3) + rounds(5, 2, gates, 2, 2) }, operator);
  }
});

test("a recurrent layer says which size of its input is the batch, and so that of what comes before and after it", async () => {
  const lstm = [
    { name: "w", dims: [1, 8, 3] },
    { name: "r", dims: [1, 8, 2] },
  ];
  const dense = [
    { name: "before", dims: [3, 3] },
    { name: "after", dims: [2, 6] },
  ];
  const layers = (layout: number) => [
    node("MatMul", ["x", "before"], "b"),
    node("LSTM", ["b", "w", "r"], "h", { attribute: [int("hidden_size", 2), int("layout", layout)] }),
    node("ReduceSum", ["h", "axis"], "s", { attribute: [int("keepdims", 0)] }),
    node("MatMul", ["s", "after"], "y"),
  ];
  const count = (layout: number, ...dims: (number | string)[]) => {
    const axis = node("Constant", [], "axis", { attribute: [ints("value_ints", [layout === 0 ? 1 : 2])] });
    return countsOf([axis, ...layers(layout)], [{ name: "x", dims }], [...lstm, ...dense]);
  };
  const macs = rounds(5, 3, 3) + rounds(5, 8, 3) + rounds(5, 8, 2) + rounds(5, 2, 6);
  for (const batch of [1, 4, "N"]) {
    assert.equal(await count(0, 5, batch, 3), { macs }, `${batch}, steps first`);
    assert.equal(await count(1, batch, 5, 3), { macs }, `${batch}, batch first`);
  }
  // Of how many steps one image is, it is unknown.
  const uncounted = [
    { operator: "MatMul", nodes: 2 },
    { operator: "LSTM", nodes: 1 },
  ];
  assert.equal(await count(0, "T", 1, 3), { macs: 0, uncounted });
});

test("an Einsum of two operands loops over every letter, one of parameters counts apart from one of computed tensors", async () => {
  const equation = (of: string) => ({ attribute: [text("equation", of)] });
  const x: Sized = { name: "x", dims: ["N", 7, 4, 8] };
  assert.equal(
    await countsOf(
      [node("Einsum", ["x", "w"], "y", equation("nqhd, hde -> nqe"))],
      [x],
      [{ name: "w", dims: [4, 8, 5] }],
    ),
    { macs: rounds(7, 4, 8, 5) },
  );
  const keys: Sized = { name: "k", dims: ["N", 6, 4, 8] };
  assert.equal(await countsOf([node("Einsum", ["x", "k"], "y", equation("bqhd,bkhd->bhqk"))], [x, keys]), {
    macs: 0,
    productMacs: rounds(7, 4, 8, 6),
  });
  assert.equal(
    await countsOf(
      [node("Einsum", ["x", "w"], "y", equation("...d,de->...e"))],
      [x],
      [{ name: "w", dims: [8, 3] }],
    ),
    {
      macs: rounds(7, 4, 8, 3),
    },
  );
});

test("attention multiplies queries by keys and what that gives by values", async () => {
  const [q, k, v]: readonly Sized[] = [
    { name: "q", dims: ["N", 2, 5, 4] },
    { name: "k", dims: ["N", 2, 6, 4] },
    { name: "v", dims: ["N", 2, 6, 3] },
  ];
  assert.equal(
    await countsOf([node("Attention", ["q", "k", "v"], "y")], [q as Sized, k as Sized, v as Sized]),
    {
      macs: 0,
      productMacs: rounds(2, 5, 6, 4) + rounds(2, 5, 6, 3),
    },
  );
});

test("layers that ONNX Runtime fused count", async () => {
  const own = { domain: "com.microsoft" };
  const fused = node("FusedConv", ["x", "w"], "y", { ...own, attribute: [text("activation", "Relu")] });
  assert.equal(await countsOf([fused], [MAP], [{ name: "w", dims: [3, 6, 3, 3] }]), {
    macs: rounds(3, 3, 2, 6, 3, 3),
  });
  const turned = node("FusedMatMul", ["x", "w"], "y", { ...own, attribute: [int("transB", 1)] });
  assert.equal(await countsOf([turned], [{ name: "x", dims: ["N", 7, 8] }], [{ name: "w", dims: [9, 8] }]), {
    macs: rounds(7, 8, 9),
  });
});

/** A body that multiplies x, or its input, by w. */
function body(
  name: string,
  input: string,
  more: Partial<NonNullable<AttributeMessage["g"]>> = {},
): AttributeMessage {
  const info = (each: string) => ({ name: each, type: { tensorType: { elemType: FLOAT } } });
  const g = { name, node: [node("MatMul", [input, "w"], `${name}_y`)], output: [info(`${name}_y`)], ...more };
  return { name, type: GRAPH, g };
}

const ROWS: Sized = { name: "x", dims: ["N", 7, 8] };
const SQUARE: Sized = { name: "w", dims: [8, 8] };

test("of the branches of an If the larger one counts, unless it is known which is taken", async () => {
  const smaller = body("else_branch", "x", { node: [node("Relu", ["x"], "else_branch_y")] });
  const attribute = [body("then_branch", "x"), smaller];
  const most = [node("ReduceMax", ["x"], "m", { attribute: [int("keepdims", 0)] })];
  const asked = [
    ...most,
    node("Cast", ["m"], "c", { attribute: [int("to", 9)] }),
    node("If", ["c"], "y", { attribute }),
  ];
  assert.equal(await countsOf(asked, [ROWS], [SQUARE]), { macs: rounds(7, 8, 8) });
  const never = { name: "c", dims: [], type: 9 };
  assert.equal(await countsOf([node("If", ["c"], "y", { attribute })], [ROWS], [SQUARE, never]), { macs: 0 });
});

function loop(trips: NodeMessage | undefined): readonly NodeMessage[] {
  const info = (name: string, elemType: number) => ({ name, type: { tensorType: { elemType } } });
  const g = {
    name: "body",
    input: [info("i", 7), info("c", 9), info("state", FLOAT)],
    node: [node("Identity", ["c"], "d"), node("MatMul", ["state", "w"], "next")],
    output: [info("d", 9), info("next", FLOAT)],
  };
  const attribute = [{ name: "body", type: GRAPH, g }];
  return [...(trips ? [trips] : []), node("Loop", ["trips", "", "x"], "y", { attribute })];
}

test("a body counts once for each round, and is named where only a run tells how many", async () => {
  const t = { dataType: 7, dims: [], int64Data: [3] };
  const three = node("Constant", [], "trips", { attribute: [{ name: "value", type: TENSOR, t }] });
  assert.equal(await countsOf(loop(three), [ROWS], [SQUARE]), { macs: rounds(3, 7, 8, 8) });
  const most = [
    node("ReduceMax", ["x"], "m", { attribute: [int("keepdims", 0)] }),
    node("Cast", ["m"], "trips", { attribute: [int("to", 7)] }),
  ];
  assert.equal(await countsOf([...most, ...loop(undefined)], [ROWS], [SQUARE]), {
    macs: 0,
    uncounted: [{ operator: "Loop", nodes: 1 }],
  });
});

test("a Scan counts once for each slice, in its oldest form it is named", async () => {
  const info = (name: string) => ({ name, type: { tensorType: { elemType: FLOAT } } });
  const g = {
    name: "body",
    input: [info("row")],
    node: [node("MatMul", ["row", "w"], "made")],
    output: [info("made")],
  };
  const attribute = [
    { name: "body", type: GRAPH, g },
    int("num_scan_inputs", 1),
    ints("scan_input_axes", [1]),
  ];
  assert.equal(await countsOf([node("Scan", ["x"], "y", { attribute })], [ROWS], [SQUARE]), {
    macs: rounds(7, 8, 8),
  });
  // It has a batch, whose rows it takes apart, and lengths as its first input.
  const oldest = node("Scan", ["", "x"], "y", { attribute: attribute.slice(0, 2) });
  const own = { name: "Own", domain: "local", input: ["x", "w"], output: ["y"], node: [oldest], opset: 8 };
  const call = node("Own", ["x", "w"], "y", { domain: "local" });
  assert.equal(await countsOf([call], [ROWS], [SQUARE], [], [own]), {
    macs: 0,
    uncounted: [{ operator: "Scan", nodes: 1 }],
  });
});

test("bodies in bodies without end cost no time, and what is not looked at is named", async () => {
  let inner = node("MatMul", ["x", "w"], "y0");
  for (let depth = 1; depth <= 24; depth++) {
    const info = (name: string, elemType: number) => ({ name, type: { tensorType: { elemType } } });
    const g = {
      name: `body${depth}`,
      input: [info(`i${depth}`, 7), info(`c${depth}`, 9), info(`s${depth}`, FLOAT)],
      node: [inner, node("Identity", [`c${depth}`], `d${depth}`)],
      output: [info(`d${depth}`, 9), info(`y${depth - 1}`, FLOAT)],
    };
    inner = node("Loop", ["", "", "x"], `y${depth}`, { attribute: [{ name: "body", type: GRAPH, g }] });
  }
  const started = Date.now();
  const counted = await countsOf([inner], [ROWS], [SQUARE]);
  assert.equal(counted, { macs: 0, uncounted: [{ operator: "Loop", nodes: 1 }] });
  assert.ok(Date.now() - started < 20_000);
});

test("what stands in functions counts, in those for another opset too, which stay calls", async () => {
  for (const opset of [13, 15]) {
    const own = {
      name: "Layer",
      domain: "local",
      input: ["a", "b"],
      output: ["c"],
      node: [node("MatMul", ["a", "b"], "p"), node("Relu", ["p"], "c")],
      opset,
    };
    const twice = {
      ...own,
      name: "Two",
      node: [node("Layer", ["a", "b"], "p", own), node("Layer", ["p", "b"], "c", own)],
    };
    const calls = twice.node.map(({ opType, name, input, output }) => ({
      opType,
      name,
      input,
      output,
      domain: "local",
    }));
    const functions = [own, { ...twice, node: calls as NodeMessage[] }];
    const call = node("Two", ["x", "w"], "y", { domain: "local" });
    assert.equal(
      await countsOf([call], [ROWS], [SQUARE], [], functions),
      { macs: 2 * rounds(7, 8, 8) },
      `${opset}`,
    );
  }
});

test("functions deeper than are looked at are named, and take no stack", async () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, i) => ({
      name: `F${i}`,
      domain: "local",
      input: ["a", "b"],
      output: ["c"],
      node: [
        i === length - 1
          ? node("MatMul", ["a", "b"], "c")
          : node(`F${i + 1}`, ["a", "b"], "c", { domain: "local" }),
      ],
      opset: 15,
    }));
  const call = node("F0", ["x", "w"], "y", { domain: "local" });
  assert.equal(await countsOf([call], [ROWS], [SQUARE], [], chain(20)), { macs: rounds(7, 8, 8) });
  for (const length of [40, 20_000]) {
    const uncounted = [{ operator: "local.F0", nodes: 1 }];
    assert.equal(await countsOf([call], [ROWS], [SQUARE], [], chain(length)), { macs: 0, uncounted });
  }
});

test("a bias is no factor: of two computed tensors and a stored bias it is a product", async () => {
  const [a, b]: readonly Sized[] = [
    { name: "a", dims: ["N", 8] },
    { name: "b", dims: [8, 9] },
  ];
  const counted = await countsOf(
    [node("Gemm", ["a", "b", "c"], "y")],
    [a as Sized, b as Sized],
    [{ name: "c", dims: [9] }],
  );
  assert.equal(counted, { macs: 0, productMacs: rounds(8, 9) });
});

test("what is computed of random numbers counts, though no input reaches it", async () => {
  const drawn = node("RandomNormal", [], "z", { attribute: [ints("shape", [1, 7, 8])] });
  const nodes = [node("MatMul", ["z", "w"], "m"), node("Add", ["m", "x"], "y")];
  assert.equal(await countsOf([drawn, ...nodes], [ROWS], [SQUARE]), { macs: rounds(7, 8, 8) });
  const own = { name: "Own", domain: "local", input: ["x", "w"], output: ["y"], opset: 15 };
  const call = node("Own", ["x", "w"], "y", { domain: "local" });
  assert.equal(await countsOf([call], [ROWS], [SQUARE], [], [{ ...own, node: [drawn, ...nodes] }]), {
    macs: rounds(7, 8, 8),
  });
});

test.run();
