import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AttentionType, attentionModules } from "../../src/ir/attention/modules.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph, Value } from "../../src/ir/graph.js";
import { startAtOne } from "../../src/ir/initializers.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { concreteDims, tensorType } from "../../src/ir/types.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { type RaisedAttention, raiseAttention } from "../../src/passes/raise/raise-attention.js";
import { ATTENTION_VARIANTS } from "../attention-variants.js";
import { assertGrowsWithSize } from "../growth.js";
import { assertSameValues, assertUnchanged, rewrite } from "./support.js";

const test = suite("passes: raise-attention");

/** A gate between two layers, over 32 channels of 5×4 places. `lines`: from %x to %a. */
const networkOf = (...lines: readonly string[]): string => `graph "g" {
  block /stages/0/blocks/0 "inverted-residual" channels 16 stage 0 index 0
  input %x : float32[N, 32, 5, 4]
  trainable @scale = normal([32], 0.5, "scale")
  trainable @shift = normal([32], 0.5, "shift")
  trainable @weight = normal([32, 32], 0.2, "weight")
  ${lines.map((line) => `${line} loc(/stages/0/blocks/0/act)`).join("\n  ")}
  %stages/0/blocks/0/attention : float32[N, 32, 5, 4] = attention.se-var1(%a) loc(/stages/0/blocks/0/attention by swap-attention)
  %y : float32[N, 32, 5, 4] = tanh(%stages/0/blocks/0/attention) loc(/y)
  return %y
}`;

const NETWORK = networkOf("%a : float32[N, 32, 5, 4] = relu(%x)");

const TURNED = "%t : float32[N, 5, 4, 32] = transpose(%x) {permutation = [0, 2, 3, 1]}";
const LAYER_NORM = "%n : float32[N, 5, 4, 32] = layer_norm(%t, @scale, @shift) {axis = 3, epsilon = 1e-6}";

/** Maps that are made channels last, by what works on the last axis: an activation may stand on either side of the last Transpose. */
const MADE_LAST = {
  "layer normalisation, activation": networkOf(
    TURNED,
    LAYER_NORM,
    "%m : float32[N, 32, 5, 4] = transpose(%n) {permutation = [0, 3, 1, 2]}",
    "%a : float32[N, 32, 5, 4] = relu(%m)",
  ),
  "layer normalisation, activation channels last": networkOf(
    TURNED,
    LAYER_NORM,
    "%m : float32[N, 5, 4, 32] = gelu(%n)",
    "%a : float32[N, 32, 5, 4] = transpose(%m) {permutation = [0, 3, 1, 2]}",
  ),
  "layer normalisation, product": networkOf(
    TURNED,
    LAYER_NORM,
    "%p : float32[N, 5, 4, 32] = matmul(%n, @weight)",
    "%m : float32[N, 5, 4, 32] = mul(%p, @scale)",
    "%a : float32[N, 32, 5, 4] = transpose(%m) {permutation = [0, 3, 1, 2]}",
  ),
};

const LOWERINGS = [
  "lower-attention{strategy=reshape}",
  "lower-attention{strategy=transpose},lower-activation{opset=13}",
  "lower-attention,fold-batch-norm,lower-activation,fold-constants,eliminate-common-subexpressions,eliminate-dead-code",
];

/** Gates that compute what another one does, and are found as that. */
const ALIASES: { readonly [variant: string]: AttentionType } = {
  ge: "se",
  "{type=ge,ratio=0.25}": "se",
  "{type=ese,gate=sigmoid,bias=false}": "se-var3",
};

/** Modules whose ops are not looked for. */
const NOT_RAISED: ReadonlySet<AttentionType> = new Set(["aa"]);

for (const variant of ATTENTION_VARIANTS) {
  const gated = rewrite(`swap-attention{to=${variant}},stress-weights`, NETWORK);
  const [before] = gated.ops.filter(({ kind }) => kind.startsWith("attention."));
  const kind = ALIASES[variant] ?? (before?.kind.slice("attention.".length) as AttentionType);
  if (NOT_RAISED.has(kind)) continue;

  test(`${variant}: it is found over a map that is made channels last`, () => {
    for (const [made, network] of Object.entries(MADE_LAST)) {
      const whole = rewrite(`swap-attention{to=${variant}},stress-weights`, network);
      const lowered = runPasses(whole, parsePipeline("lower-attention{strategy=reshape}")).graph;
      const { graph, raised, rejected } = raiseAttention(lowered);
      assert.equal(rejected, [], made);
      assert.equal(
        raised.map((gate) => [gate.kind, gate.channels]),
        [[kind, 32]],
        made,
      );
      assertSameValues(whole, graph);
    }
  });

  test(`${variant}: what lowering makes of it is found again, with its options and numbers`, () => {
    for (const lowering of LOWERINGS) {
      const lowered = runPasses(gated, parsePipeline(lowering)).graph;
      const { graph, raised, rejected } = raiseAttention(lowered);
      assert.equal(rejected, []);
      assert.equal(
        raised.map((gate) => [gate.kind, gate.at, gate.channels]),
        [[kind, "/stages/0/blocks/0/attention", 32]],
      );
      assert.is(graph.ops.length, gated.ops.length);
      assertSameValues(gated, graph);
      const [op] = graph.ops.filter((each) => each.kind === `attention.${kind}`);
      assertPlanned(
        kind,
        raised[0]?.options ?? {},
        op?.attributes,
        op?.operands.slice(1).map(({ type }) => concreteDims(type.dims)),
      );
    }
  });
}

/** Asserts that the options, written in a spec, are the gate that was found. */
function assertPlanned(
  kind: AttentionType,
  options: Readonly<Record<string, unknown>>,
  attributes: unknown,
  dims: readonly (readonly number[])[] | undefined,
): void {
  const { options: schema, plan } = attentionModules[kind];
  const planned = plan(schema.parse(options) as never, { channels: 32, blockInputChannels: 16, map: [5, 4] });
  assert.equal({ ...(planned.attributes as object) }, { ...(attributes as object) });
  assert.equal(
    planned.parameters.map((each) => each.dims),
    dims,
  );
}

/** Squeeze-and-Excitation in primitives; the lines of its gate can be replaced by name. */
function seText(replaced: Readonly<Record<string, string>> = {}): string {
  const lines: Record<string, string> = {
    pool: "%pool : float32[N, 8, 1, 1] = global_avg_pool(%x) loc(/b/se)",
    reduce: "%reduce : float32[N, 2, 1, 1] = conv(%pool, @w1, @b1) loc(/b/se/fc1)",
    hidden: "%hidden : float32[N, 2, 1, 1] = relu(%reduce) loc(/b/se/act)",
    expand: "%expand : float32[N, 8, 1, 1] = conv(%hidden, @w2, @b2) loc(/b/se/fc2)",
    gate: "%gate : float32[N, 8, 1, 1] = sigmoid(%expand) loc(/b/se/gate)",
    mul: "%y : float32[N, 8, 4, 4] = mul(%x, %gate) loc(/b/se)",
    ...replaced,
  };
  const { inputs = "", outputs = "%y", ...ops } = lines;
  return `graph "g" {
    input %x : float32[N, 8, 4, 4]
    ${inputs}
    trainable @w1 = normal([2, 8, 1, 1], 0.5, "w1")
    trainable @b1 = normal([2], 0.5, "b1")
    trainable @w2 = normal([8, 2, 1, 1], 0.5, "w2")
    trainable @b2 = normal([8], 0.5, "b2")
    ${ops.constants ?? ""}
    ${Object.entries(ops)
      .flatMap(([name, line]) => (name === "constants" ? [] : [line]))
      .join("\n    ")}
    return ${outputs}
  }`;
}

function raise(text: string): RaisedAttention {
  const graph = parseGraph(text);
  const result = raiseAttention(graph);
  if (result.raised.length > 0) assertSameValues(graph, result.graph);
  return result;
}

test("the op takes the place of the last of its ops, whose result it keeps", () => {
  const graph = parseGraph(seText());
  const { graph: raised, raised: gates } = raiseAttention(graph);
  assert.fixture(
    printGraph(raised),
    printGraph(
      parseGraph(`graph "g" {
        input %x : float32[N, 8, 4, 4]
        trainable @w1 = normal([2, 8, 1, 1], 0.5, "w1")
        trainable @w2 = normal([8, 2, 1, 1], 0.5, "w2")
        trainable @b1 = normal([2], 0.5, "b1")
        trainable @b2 = normal([8], 0.5, "b2")
        %y : float32[N, 8, 4, 4] = attention.se(%x, @w1, @w2, @b1, @b2) loc(/b/se by raise-attention)
        return %y
      }`),
    ),
  );
  assert.is(raised.ops[0]?.results[0], graph.ops.at(-1)?.results[0]);
  assert.equal(gates, [
    {
      kind: "se",
      at: "/b/se",
      channels: 8,
      parameters: 2 * 8 * 2 + 2 + 8,
      result: "y",
      options: { channels: 2 },
      ops: ["global_avg_pool pool", "conv reduce", "relu hidden", "conv expand", "sigmoid gate", "mul y"],
    },
  ]);
});

test("a graph without gates stays as it is", () => {
  assertUnchanged("raise-attention", seText({ mul: "%y : float32[N, 8, 4, 4] = add(%x, %x) loc(/b)" }));
});

test("only the kinds that are asked for are raised", () => {
  assert.equal(raiseAttention(parseGraph(seText()), { kinds: ["eca"] }).raised, []);
  assert.is(rewrite("raise-attention{kinds=[se]}", seText()).ops.length, 1);
});

test("activations are known in what exporters write for them", () => {
  const constants = `
    fixed @three = constant([], 3)
    fixed @six = constant([1], 6)
    fixed @sixth = constant([], 0.16666667)
    fixed @half = constant([1, 1, 1, 1], 0.5)
    fixed @fifth = constant([], 0.2)
    fixed @one = constant([], 1)
    fixed @root = constant([], 1.41421354)
    fixed @zero = constant([], 0)`;
  const type = "float32[N, 8, 1, 1]";
  const gates: readonly (readonly [name: string, lines: string])[] = [
    [
      "hard_sigmoid",
      `%a : ${type} = add(%expand, @three) loc(/b/se) %c : ${type} = clip(%a) {low = 0, high = 6} loc(/b/se) %gate : ${type} = div(%c, @six) loc(/b/se)`,
    ],
    [
      "hard_sigmoid",
      `%a : ${type} = add(@three, %expand) loc(/b/se) %c : ${type} = relu6(%a) loc(/b/se) %gate : ${type} = mul(@sixth, %c) loc(/b/se)`,
    ],
    [
      "hard_sigmoid",
      `%m : ${type} = mul(%expand, @sixth) loc(/b/se) %a : ${type} = add(%m, @half) loc(/b/se) %gate : ${type} = clip(%a) {low = 0, high = 1} loc(/b/se)`,
    ],
    [
      "hard_sigmoid",
      `%a : ${type} = add(%expand, @three) loc(/b/se) %c : ${type} = max(%a, @zero) loc(/b/se) %d : ${type} = min(@six, %c) loc(/b/se) %gate : ${type} = div(%d, @six) loc(/b/se)`,
    ],
    ["hard_sigmoid_0.2", `%gate : ${type} = sloped_hard_sigmoid(%expand) loc(/b/se)`],
    [
      "hard_sigmoid_0.2",
      `%m : ${type} = mul(%expand, @fifth) loc(/b/se) %a : ${type} = add(%m, @half) loc(/b/se) %gate : ${type} = clip(%a) {low = 0, high = 1} loc(/b/se)`,
    ],
    ["relu6", `%gate : ${type} = clip(%expand) {low = 0, high = 6} loc(/b/se)`],
    ["relu", `%gate : ${type} = clip(%expand) {low = 0, high = 3.4028235e38} loc(/b/se)`],
    ["silu", `%s : ${type} = sigmoid(%expand) loc(/b/se) %gate : ${type} = mul(%s, %expand) loc(/b/se)`],
    [
      "hard_swish",
      `%s : ${type} = hard_sigmoid(%expand) loc(/b/se) %gate : ${type} = mul(%expand, %s) loc(/b/se)`,
    ],
    [
      "hard_swish",
      `%a : ${type} = add(%expand, @three) loc(/b/se) %c : ${type} = clip(%a) {low = 0, high = 6} loc(/b/se) %m : ${type} = mul(%expand, %c) loc(/b/se) %gate : ${type} = div(%m, @six) loc(/b/se)`,
    ],
    [
      "gelu",
      `%d : ${type} = div(%expand, @root) loc(/b/se) %e : ${type} = erf(%d) loc(/b/se) %a : ${type} = add(%e, @one) loc(/b/se) %m : ${type} = mul(%expand, %a) loc(/b/se) %gate : ${type} = mul(%m, @half) loc(/b/se)`,
    ],
    [
      "gelu",
      `%h : ${type} = mul(%expand, @half) loc(/b/se) %d : ${type} = div(%expand, @root) loc(/b/se) %e : ${type} = erf(%d) loc(/b/se) %a : ${type} = add(%e, @one) loc(/b/se) %gate : ${type} = mul(%h, %a) loc(/b/se)`,
    ],
  ];
  for (const [name, gate] of gates) {
    const { raised, rejected } = raise(seText({ constants, gate }));
    assert.equal(rejected, [], gate);
    assert.equal(raised[0]?.options, { channels: 2, gate: name }, gate);
  }
});

test("a layer without bias beside one with a bias has a bias of 0", () => {
  const { graph, raised } = raise(
    seText({ reduce: "%reduce : float32[N, 2, 1, 1] = conv(%pool, @w1) loc(/b/se/fc1)" }),
  );
  assert.is(raised[0]?.parameters, 2 * 8 * 2 + 8);
  assert.match(printGraph(graph), /fixed @b\.se\.reduce_bias = constant\(\[2\], 0\)/);
});

test("a kernel without bias beside one with a bias has a bias of 0, whose name says what it is of", () => {
  const row = "float32[N, 1, 1, 8]";
  const graph = parseGraph(`graph "g" {
    input %x : float32[N, 8, 5, 4]
    trainable @w = normal([1, 1, 1, 3], 1, "w")
    trainable @v = normal([1, 1, 1, 3], 1, "v")
    trainable @b = normal([1], 1, "b")
    %mean : float32[N, 8, 1, 1] = global_avg_pool(%x) loc(/gate/mean)
    %means : ${row} = reshape(%mean) {shape = [0, 1, 1, -1]} loc(/gate/means)
    %a : ${row} = conv(%means, @w, @b) {pads = [0, 1, 0, 1]} loc(/gate/a)
    %max : float32[N, 8, 1, 1] = global_max_pool(%x) loc(/gate/max)
    %maxima : ${row} = reshape(%max) {shape = [0, 1, 1, -1]} loc(/gate/maxima)
    %c : ${row} = conv(%maxima, @v) {pads = [0, 1, 0, 1]} loc(/gate/c)
    %sum : ${row} = add(%a, %c) loc(/gate/sum)
    %s : ${row} = sigmoid(%sum) loc(/gate/s)
    %gate : float32[N, 8, 1, 1] = reshape(%s) {shape = [0, -1, 1, 1]} loc(/gate/gate)
    %y : float32[N, 8, 5, 4] = mul(%x, %gate) loc(/gate/y)
    return %y
  }`);
  const { graph: raised } = raiseAttention(graph);
  assertSameValues(graph, raised);
  const [gate] = raised.ops;
  assert.equal(
    gate?.operands.map(({ name }) => name),
    ["x", "w", "v", "b", "gate.more"],
  );
});

test("a weight that another op reads too stays, and the gate has one of its own", () => {
  const { graph, raised } = raise(
    seText({
      constants: `trainable @m1 = normal([8, 2], 0.5, "m1")`,
      reduce: `%rows : float32[N, 8] = flatten(%pool) loc(/b/se)
        %reduce : float32[N, 2] = matmul(%rows, @m1) loc(/b/se)`,
      hidden: `%act : float32[N, 2] = relu(%reduce) loc(/b/se)
        %hidden : float32[N, 2, 1, 1] = reshape(%act) {shape = [0, 2, 1, 1]} loc(/b/se)`,
      mul: `%y : float32[N, 8, 4, 4] = mul(%gate, %x) loc(/b/se)
        %other : float32[N, 2] = matmul(%rows, @m1) loc(/other)`,
      outputs: "%y, %other",
    }),
  );
  assert.is(raised.length, 1);
  const text = printGraph(graph);
  assert.match(text, /trainable @m1 = normal\(\[8, 2\], 0\.5, "m1"\)/);
  assert.match(text, /trainable @m1_1 = transpose\(\[2, 8, 1, 1\], normal\(\[8, 2\], 0\.5, "m1"\)\)/);
});

const NEAR_MISSES: readonly (readonly [
  what: string,
  replaced: Record<string, string>,
  op: string,
  reason: RegExp,
])[] = [
  [
    "a gate with another reader",
    {
      mul: "%y : float32[N, 8, 4, 4] = mul(%x, %gate) loc(/b/se)\n%z : float32[N, 8, 1, 1] = relu(%gate) loc(/z)",
      outputs: "%y, %z",
    },
    "sigmoid gate",
    /^its result is read by relu z too$/,
  ],
  [
    "a gate that is an output",
    { outputs: "%y, %hidden" },
    "relu hidden",
    /^its result is an output of the graph$/,
  ],
  [
    "a weight that is given from outside",
    {
      inputs: "input %w : float32[8, 2, 1, 1]",
      expand: "%expand : float32[N, 8, 1, 1] = conv(%hidden, %w, @b2) loc(/b/se/fc2)",
    },
    "conv expand",
    /^its weight w is an input of the graph$/,
  ],
  [
    "a weight that is computed",
    {
      expand:
        "%w : float32[8, 2, 1, 1] = tanh(@w2) loc(/w)\n%expand : float32[N, 8, 1, 1] = conv(%hidden, %w, @b2) loc(/b/se/fc2)",
    },
    "conv expand",
    /^its weight w is computed by tanh w$/,
  ],
  [
    "a squeeze of another map",
    {
      inputs: "input %other : float32[N, 8, 4, 4]",
      pool: "%pool : float32[N, 8, 1, 1] = global_avg_pool(%other) loc(/b/se)",
    },
    "global_avg_pool pool",
    /^it squeezes other, and what is gated is x$/,
  ],
  [
    "a squeeze over a part of the map",
    { pool: "%pool : float32[N, 8, 1, 1] = avg_pool(%x) {kernel = [3, 3], strides = [2, 2]} loc(/b/se)" },
    "avg_pool pool",
    /^its window of 3×3 is not the map of 4×4$/,
  ],
  [
    "means of rows only",
    {
      pool: `%m : float32[N, 8, 4, 1] = reduce_mean(%x) {axes = [3]} loc(/b/se)
        %pool : float32[N, 8, 1, 1] = slice(%m) {axis = 2, start = 0, end = 1} loc(/b/se)`,
    },
    "slice pool",
    /^no known gate has such an op$/,
  ],
  [
    "an activation that no module has",
    { gate: "%gate : float32[N, 8, 1, 1] = clip(%expand) {low = -1, high = 1} loc(/b/se)" },
    "clip gate",
    /^min\(max\(x, -1\), 1\) is no activation that is known$/,
  ],
  [
    "an op that no gate has",
    { hidden: "%hidden : float32[N, 2, 1, 1] = softmax(%reduce) {axis = 1} loc(/b/se/act)" },
    "softmax hidden",
    /^no known gate has such an op$/,
  ],
  [
    "an operator that the IR doesn't know",
    {
      hidden: `%hidden : float32[N, 2, 1, 1] = opaque(%reduce)
        {operator = "Mish", node = 2, types = [["float32", "N", 2, 1, 1]]} loc(/b/se/act)`,
    },
    "opaque hidden",
    /^the operator Mish is not known$/,
  ],
  [
    "no activation at the end",
    { gate: "", mul: "%y : float32[N, 8, 4, 4] = mul(%x, %expand) loc(/b/se)" },
    "mul y",
    /^no known gate is made of mean, linear to 2, relu, linear to 8$/,
  ],
  [
    "a normalisation of what the gate is made of, and no layer before it",
    {
      constants: `trainable @s = constant([8], 1)
        trainable @h = constant([8], 0)`,
      gate: `%gated : float32[N, 8, 1, 1] = sigmoid(%expand) loc(/b/se/gate)
        %gate : float32[N, 8, 1, 1] = batch_norm(%gated, @s, @h, @h, @s) loc(/b/se/bn)`,
    },
    "batch_norm gate",
    /^the module has no batch normalisation, and no layer stands beside it that it could be a part of$/,
  ],
  ...["relu", "abs", "sqrt"].flatMap((op) =>
    ["avg", "max"].map((pooling): (typeof NEAR_MISSES)[number] => [
      `a ${pooling} pool that reads ${op} of the map`,
      {
        pool: `%other : float32[N, 8, 4, 4] = ${op}(%x) loc(/b/se)
        %pool : float32[N, 8, 1, 1] = global_${pooling}_pool(%other) loc(/b/se)`,
      },
      `global_${pooling}_pool pool`,
      /^it squeezes other, and what is gated is x$/,
    ]),
  ),
  [
    "a convolution that is not along the channels alone",
    {
      constants: `trainable @k = normal([1, 1, 3, 3], 0.5, "k")`,
      reduce: "%line : float32[N, 1, 8, 1] = reshape(%pool) {shape = [0, 1, 8, 1]} loc(/b/se)",
      hidden: "%mixed : float32[N, 1, 8, 1] = conv(%line, @k) {pads = [1, 1, 1, 1]} loc(/b/se/conv)",
      expand: "%expand : float32[N, 8, 1, 1] = reshape(%mixed) {shape = [0, 8, 1, 1]} loc(/b/se)",
    },
    "conv mixed",
    /^its kernel of 3×3 is not along the channels alone$/,
  ],
  [
    "a gate of each place",
    {
      constants: `trainable @m = normal([1, 8, 1, 1], 0.5, "m")`,
      expand: "%expand : float32[N, 1, 4, 4] = conv(%x, @m) loc(/b/se/fc2)",
      gate: "%gate : float32[N, 1, 4, 4] = sigmoid(%expand) loc(/b/se/gate)",
    },
    "conv expand",
    /^its gate of the places is not made of mean and maximum over the channels$/,
  ],
];

for (const [what, replaced, op, reason] of NEAR_MISSES) {
  test(`${what} is rejected, and said why`, () => {
    const { graph, raised, rejected } = raise(seText(replaced));
    assert.equal(raised, []);
    assert.is(graph.ops.length, parseGraph(seText(replaced)).ops.length);
    assert.equal(
      rejected.map((each) => [each.at, each.op]),
      [["/b/se", op]],
    );
    assert.match(rejected[0]?.reason ?? "", reason);
  });
}

/** Gates one after the other, and as many products and sums of rows that could be gates of each other. */
function longGraph(gates: number): Graph {
  const builder = new GraphBuilder("long");
  const loc = { scope: "/long" };
  const weight = (name: string, ...dims: number[]) => builder.parameter(name, dims, startAtOne);
  const layers = [weight("w1", 2, 8, 1, 1), weight("w2", 8, 2, 1, 1)] as const;
  let x: Value = builder.input("x", tensorType(["N", 8, 4, 4]));
  // Rows without end, which every product could be a gate of.
  let row: Value = builder.op("global_avg_pool", [x], {}, loc, "row");
  for (let i = 0; i < gates; i++) {
    const pooled: Value = builder.op("global_avg_pool", [x], {}, loc, `pool${i}`);
    const hidden: Value = builder.op(
      "relu",
      [builder.op("conv", [pooled, layers[0]], {}, loc, `a${i}`)],
      {},
      loc,
      `h${i}`,
    );
    const gate: Value = builder.op(
      "sigmoid",
      [builder.op("conv", [hidden, layers[1]], {}, loc, `b${i}`)],
      {},
      loc,
      `g${i}`,
    );
    x = builder.op("mul", [x, gate], {}, loc, `x${i}`);
    row = builder.op("mul", [row, builder.op("tanh", [row], {}, loc, `t${i}`)], {}, loc, `r${i}`);
    row = builder.op("add", [row, builder.op("relu", [row], {}, loc, `s${i}`)], {}, loc, `q${i}`);
  }
  return builder.finish([x, row]);
}

test("a graph of many ops takes time in proportion", () =>
  assertGrowsWithSize(1000, (gates) => {
    const graph = longGraph(gates);
    assert.ok(graph.ops.length > 10 * gates);
    return () => assert.is(raiseAttention(graph).raised.length, gates);
  }));

test.run();
