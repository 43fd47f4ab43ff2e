import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { InputError } from "../../src/base/diagnostic.js";
import { type Graph, parametersOf } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { printGraph } from "../../src/ir/print.js";
import { isOp } from "../../src/ir/rewrite.js";
import { buildNetwork } from "../../src/networks/blocks/network.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { parse } from "../language/support.js";
import { throwsError } from "../throws.js";

const test = suite("networks: necks and heads");

const graphOf = (spec: object): Graph =>
  buildNetwork(
    parse(
      JSON.stringify({
        input: { height: 16, width: 16 },
        scaling: { divisor: 1 },
        stem: { channels: 4 },
        stages: [
          { block: "conv-norm-act", channels: 6, as: "c1" },
          { block: "conv-norm-act", channels: 6, stride: 2 },
        ],
        head: { classifier: false },
        ...spec,
      }),
    ).resolved,
  );

const HEAD = {
  name: "boxes",
  from: ["c1", "C2"],
  layers: [
    { layer: "conv", channels: 8, kernel: 3 },
    { layer: "conv", channels: 8, norm: false, bias: true, activation: "none" },
  ],
};

const namesOf = (graph: Graph): readonly string[] =>
  parametersOf(graph)
    .map(({ name }) => name)
    .filter((name) => name.startsWith("heads."));

const ofHeads = (graph: Graph) => {
  const { parameters, macs, buffers } =
    countNetwork(graph).blocks.find(({ path }) => path === "/heads/boxes") ?? {};
  return { parameters, macs, buffers };
};

test("weights that maps share count once, their multiply-accumulates for each map", () => {
  // 8·6·9 + 2·8 + 8·8 + 8 numbers; 64 and 16 pixels.
  const weights = 8 * 6 * 9 + 8 * 8;
  const macs = (64 + 16) * weights;
  assert.equal(ofHeads(graphOf({ heads: [HEAD] })), { parameters: weights + 16 + 8, macs, buffers: 16 });
  assert.equal(ofHeads(graphOf({ heads: [{ ...HEAD, share: "all-but-norms" }] })), {
    parameters: weights + 2 * 16 + 8,
    macs,
    buffers: 32,
  });
  assert.equal(ofHeads(graphOf({ heads: [{ ...HEAD, share: "none" }] })), {
    parameters: 2 * (weights + 16 + 8),
    macs,
    buffers: 32,
  });
});

test("parameters are named after the head, and after the map whose own they are", () => {
  const own = namesOf(graphOf({ heads: [{ ...HEAD, share: "all-but-norms" }] }));
  assert.equal(own.slice(0, 3), [
    "heads.boxes.layers.0.conv.weight",
    "heads.boxes.layers.0.norm.c1.weight",
    "heads.boxes.layers.0.norm.c1.bias",
  ]);
  assert.ok(own.includes("heads.boxes.layers.0.norm.C2.running_var"));
  assert.ok(
    namesOf(graphOf({ heads: [{ ...HEAD, share: "none" }] })).includes("heads.boxes.C2.layers.0.conv.weight"),
  );
});

test("folding keeps weights shared where the normalisations are, too, and else leaves these", () => {
  const folded = (share: string): Graph =>
    runPasses(graphOf({ heads: [{ ...HEAD, share }] }), parsePipeline("fold-batch-norm")).graph;
  const layers = ["layers.0.conv.weight", "layers.0.conv.bias", "layers.1.conv.weight", "layers.1.conv.bias"];
  assert.equal(
    namesOf(folded("all")),
    layers.map((name) => `heads.boxes.${name}`),
  );
  assert.is(folded("all").ops.filter((op) => isOp(op, "batch_norm")).length, 0);
  assert.is(folded("all-but-norms").ops.filter((op) => isOp(op, "batch_norm")).length, 2);
  assert.equal(
    ofHeads(folded("all-but-norms")).parameters,
    ofHeads(graphOf({ heads: [{ ...HEAD, share: "all-but-norms" }] })).parameters,
  );
});

const GATED = {
  name: "boxes",
  from: ["c1", "C2"],
  layers: [
    { layer: "conv", channels: 8 },
    { layer: "attention", attention: { type: "se", channels: 2, norm: true } },
    { layer: "branches", join: { type: "sk", channels: 2 }, branches: [[], [{ layer: "activation" }]] },
  ],
};

const gatesIn = (graph: Graph): readonly (readonly [string, ...string[]])[] =>
  graph.ops.flatMap(({ kind, loc, operands }) =>
    kind.startsWith("attention.")
      ? [[`${kind} ${loc.scope}`, ...operands.slice(1).map(({ name }) => name)] as const]
      : [],
  );

test("gates of a head are shared as its other layers are", () => {
  // 8·6 + 2·8 numbers of the convolution; 8·2 + 2 + 2·2 + 2·8 + 8 of SE; 8·2 + 2·2 + 2·16 of SK.
  const [conv, norm] = [48, 16];
  const [se, sk, norms] = [16 + 2 + 16 + 8, 16 + 32, 4 + 4];
  const counts = (share: string) => {
    const { parameters, attentionParameters } = countNetwork(graphOf({ heads: [{ ...GATED, share }] }));
    const { parameters: without } = countNetwork(graphOf({ features: ["C2", { name: "c1", from: "c1" }] }));
    return [parameters - without, attentionParameters];
  };
  assert.equal(counts("all"), [conv + norm + se + sk + norms, se + sk + norms]);
  assert.equal(counts("all-but-norms"), [conv + 2 * norm + se + sk + 2 * norms, se + sk + 2 * norms]);
  assert.equal(counts("none"), [2 * (conv + norm + se + sk + norms), 2 * (se + sk + norms)]);
});

test("a swapped gate of a head is shared as the old one was, under the names that it has in a spec", () => {
  const eca = { type: "eca", kernel: 3 };
  for (const share of ["all", "all-but-norms", "none"]) {
    const [conv = {}, , ...more] = GATED.layers;
    const written = { ...GATED, share, layers: [conv, { layer: "attention", attention: eca }, ...more] };
    for (const from of ["ese", "se-var1"]) {
      const old = { ...GATED, share, layers: [conv, { layer: "attention", attention: from }, ...more] };
      const swapped = runPasses(
        graphOf({ heads: [old] }),
        parsePipeline("swap-attention{to={type=eca,kernel=3}}"),
      ).graph;
      assert.equal(gatesIn(swapped), gatesIn(graphOf({ heads: [written] })));
    }
  }
});

test("one map's gate alone is not swapped where the maps share it", () => {
  const swap = (share: string) => () =>
    runPasses(
      graphOf({ heads: [{ ...GATED, share }] }),
      parsePipeline('swap-attention{to=eca,at={path="/heads/boxes/c1/**"}}'),
    );
  throwsError(
    swap("all"),
    InputError,
    /C2\/layers\/1\/attention shares its gate with others that are swapped/,
  );
  assert.equal(
    gatesIn(swap("none")().graph).map(([at]) => at.split(" ")[0]),
    ["attention.eca", "attention.sk", "attention.se", "attention.sk"],
  );
});

test("a gate that is made for the size of a map can't be that of another", () => {
  const layers = [{ layer: "attention", attention: { type: "ge", parameters: true, mlp: false } }];
  const build = (share: string) => () =>
    graphOf({ heads: [{ name: "boxes", from: ["c1", "C2"], share, layers }] });
  throwsError(build("all"), InputError, /can't be shared/);
  assert.is(build("none")().outputs.length, 2);
});

test("the text form says what shares parameters", () => {
  for (const share of ["all", "all-but-norms", "none"]) {
    const graph = graphOf({ heads: [{ ...GATED, share }] });
    assert.equal(parseGraph(printGraph(graph)), graph);
  }
});

test("a block of the spec's own is its layers, in a head, in the neck and in another block", () => {
  const inner = [
    { layer: "conv", channels: "channels", kernel: 3 },
    { layer: "attention" },
    { layer: "conv", channels: "channels", activation: "none" },
  ];
  const blocks = {
    inner: { layers: inner, residual: "inputChannels == channels", after: [{ layer: "activation" }] },
    outer: { layers: [{ layer: "block", block: "inner", channels: "channels", attention: "eca" }] },
  };
  const block = { layer: "block", channels: 6, attention: "eca" };
  const headOf = (layers: readonly object[]): object => ({ name: "boxes", from: ["c1", "C2"], layers });
  const build = (layers: readonly object[]): Graph =>
    graphOf({
      blocks,
      neck: { layers: [...layers, { layer: "value", as: "p" }] },
      features: [{ name: "p", from: "p" }],
      heads: [headOf(layers)],
    });
  const computed = ({ ops }: Graph) =>
    ops.map(({ kind, operands }) => [kind, operands.map(({ type }) => type.dims)]);
  const written = inner.map((layer) =>
    layer.layer === "attention" ? { ...layer, attention: "eca" } : { ...layer, channels: 6 },
  );
  const byHand = build([
    { layer: "value", as: "x" },
    ...written,
    { layer: "value", as: "y" },
    { layer: "value", from: { sum: ["y", "x"] } },
    { layer: "activation" },
  ]);
  const asBlock = build([{ ...block, block: "inner" }]);
  assert.equal(computed(asBlock), computed(byHand));
  // k is 1 of 6 channels.
  assert.is(countNetwork(asBlock).attentionParameters, 2);
  assert.ok(namesOf(asBlock).includes("heads.boxes.layers.0.layers.1.attention.conv.weight"));
  const { attention: _, ...plain } = block;
  const nested = build([{ ...plain, block: "outer" }]);
  assert.equal(computed(nested), computed(byHand));
  assert.ok(namesOf(nested).includes("heads.boxes.layers.0.layers.0.layers.0.conv.weight"));
});

/** The rows of a head of two maps whose numbers are their places, by hand. */
test("rows stand pixel by pixel, or anchor by anchor", () => {
  for (const [order, expected] of [
    [
      "pixels",
      [
        [0, 1],
        [2, 3],
      ],
    ],
    [
      "anchors",
      [
        [0, 1],
        [0, 1],
      ],
    ],
  ] as const) {
    const graph = graphOf({
      heads: [
        {
          name: "boxes",
          from: ["c1", "C2"],
          output: { values: 2, order },
          layers: [{ layer: "conv", channels: 4, norm: false, bias: true, activation: "none" }],
        },
      ],
    });
    const [output] = graph.outputs;
    assert.equal(output?.type.dims, ["N", 2 * (64 + 16), 2]);
    // Weights of zero leave the bias: channel c has the number c.
    const numbers = ({ name, type }: ReturnType<typeof parametersOf>[number]) => {
      const dims = type.dims as readonly number[];
      const count = dims.reduce((all, each) => all * each, 1);
      return {
        dims,
        data: Float64Array.from({ length: count }, (_, i) =>
          name === "heads.boxes.layers.0.conv.bias" ? i : 0,
        ),
      };
    };
    const image = { dims: [1, 3, 16, 16], data: new Float64Array(3 * 256) };
    const rows = evaluateGraph(graph, new Map([["input", image]]), numbers).get("boxes");
    const row = (i: number): readonly number[] => Array.from(rows?.data ?? []).slice(2 * i, 2 * i + 2);
    assert.equal([row(0), row(1)], expected);
    assert.equal(row(127), [2, 3]);
    assert.equal(row(128), [0, 1]);
  }
});

test("maps are summed by trained weights, none of which counts below zero", () => {
  const graph = graphOf({
    neck: {
      layers: [
        { layer: "upsample", as: "up" },
        { layer: "value", from: { weighted: ["c1", "up"] }, as: "sum" },
      ],
    },
    features: [
      { name: "all", from: "sum" },
      { name: "a", from: "c1" },
      { name: "b", from: "up" },
    ],
  });
  const weights = parametersOf(graph).filter(({ name }) => name.endsWith("weights"));
  assert.equal(
    weights.map(({ type }) => type.dims),
    [[2]],
  );
  const numbers = ({ name, type }: ReturnType<typeof parametersOf>[number]) => {
    const dims = type.dims as readonly number[];
    const count = dims.reduce((all, each) => all * each, 1);
    const fixed = name.endsWith("epsilon") ? 1e-4 : undefined;
    return {
      dims,
      data: Float64Array.from(
        { length: count },
        (_, i) => fixed ?? (name.endsWith("weights") ? ([3, -2][i] ?? 0) : Math.sin(i + 1) + 1),
      ),
    };
  };
  const image = { dims: [1, 3, 16, 16], data: Float64Array.from({ length: 768 }, (_, i) => Math.cos(i)) };
  const values = evaluateGraph(graph, new Map([["input", image]]), numbers);
  const [all, a] = ["all", "a"].map((name) => Array.from(values.get(name)?.data ?? []));
  assert.ok(a?.some((value) => value > 0.1));
  a?.forEach((value, i) => {
    const expected = (3 * value) / (3 + 1e-4);
    assert.ok(Math.abs((all?.[i] ?? Number.NaN) - expected) < 1e-12 * Math.max(1, Math.abs(expected)));
  });
});

test.run();
