import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countNetwork } from "../../src/analysis/counts.js";
import { InputError } from "../../src/base/diagnostic.js";
import { verify } from "../../src/driver/verify/verify.js";
import type { Graph, Parameter } from "../../src/ir/graph.js";
import { buildNetwork } from "../../src/networks/blocks/network.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { materialize } from "../../src/weights/values/materialize.js";
import { parse, problems, problemsOf } from "../language/support.js";
import { inTemporaryFolder } from "../temporary-folder.js";
import { throwsError } from "../throws.js";

const test = suite("blocks: defined by the spec");

const COMMON = { input: { height: 24, width: 24 }, stem: { channels: 8 }, head: { classes: 7 } };

const graphOf = (spec: object): Graph => buildNetwork(parse(JSON.stringify({ ...COMMON, ...spec })).resolved);

/** What a graph computes, without the names. */
const shapeOf = (graph: Graph): unknown =>
  graph.ops.map(({ kind, attributes, operands, results }) => [
    kind,
    { ...attributes },
    operands.map(({ type }) => type.dims),
    results.map(({ type }) => type.dims),
  ]);

const project = {
  layer: "conv",
  when: "stride != 1 or inputChannels != channels",
  channels: "channels",
  stride: "stride",
  activation: "none",
};

const BOTTLENECK = {
  fields: { ratio: { default: 0.25 }, kernel: { default: 3 } },
  layers: [
    { layer: "conv", channels: "round(channels * ratio)" },
    { layer: "conv", channels: "in", kernel: "kernel", stride: "stride" },
    { layer: "attention" },
    { layer: "conv", channels: "channels", activation: "none" },
  ],
  shortcut: [project],
  after: [{ layer: "activation" }],
};

const INVERTED_RESIDUAL = {
  fields: { expansion: {}, kernel: { default: 3 } },
  layers: [
    { layer: "conv", channels: "divisible(inputChannels * expansion)" },
    { layer: "conv", channels: "in", kernel: "kernel", stride: "stride", groups: "in" },
    { layer: "attention" },
    { layer: "conv", channels: "channels", activation: "none" },
  ],
  residual: "stride == 1 and inputChannels == channels",
};

test("a bottleneck and an inverted residual in the language are those that ecagen brings along", () => {
  const stages = (bottleneck: string, inverted: string): object => ({
    dropPath: 0.1,
    stages: [
      { block: bottleneck, repeat: 2, channels: 32, attention: { type: "eca", position: "spatial" } },
      {
        block: bottleneck,
        channels: 48,
        stride: 2,
        kernel: 5,
        attention: { type: "se", position: "standard" },
      },
      { block: inverted, repeat: 2, channels: 16, expansion: 4, attention: "se" },
      { block: inverted, channels: 24, expansion: 2.5, stride: 2, kernel: 5, attention: "none" },
    ],
  });
  for (const defaults of [{}, { padding: "same", activation: "relu" }]) {
    const own = graphOf({
      defaults,
      blocks: { "own-bottleneck": BOTTLENECK, "own-inverted": INVERTED_RESIDUAL },
      ...stages("own-bottleneck", "own-inverted"),
    });
    const built = graphOf({ defaults, ...stages("bottleneck", "inverted-residual") });
    // A bottleneck that ecagen brings along has its shortcut's ops last too, so not even the order differs.
    assert.equal(shapeOf(own), shapeOf(built));
    const counts = ({ blocks: _, ...total }: ReturnType<typeof countNetwork>): object => total;
    assert.equal(counts(countNetwork(own)), counts(countNetwork(built)));
  }
});

const conv = (channels: number | string, more: object = {}): object => ({ layer: "conv", channels, ...more });

/** Every kind of layer, every padding, every way to join. */
const EVERYTHING = {
  layers: [
    {
      layer: "branches",
      branches: [
        [
          conv(8, { kernel: [1, 5] }),
          conv(8, { kernel: [5, 1], bias: true, norm: false, activation: "none" }),
        ],
        [
          conv(4, { kernel: 3, dilation: 2, padding: 2 }),
          conv(8, { kernel: 3, dilation: [1, 2], padding: "same" }),
        ],
        [{ layer: "pool", kind: "average", countPadding: true }, conv("in", { groups: "in / 2" })],
        [{ layer: "pool", kind: "average", kernel: [3, 1] }],
        [
          { layer: "pool", kind: "max", kernel: 2, padding: "same" },
          { layer: "scale", factor: "1 / 3" },
        ],
        [{ layer: "pad", pads: [2, 0, 1, 3] }, conv(4, { kernel: 4, padding: "valid" })],
      ],
    },
    conv(16, { kernel: 3, stride: [2, 1], padding: [1, 0] }),
    { layer: "branches", join: "sum", branches: [[conv("in")], [], [{ layer: "norm" }]] },
    {
      layer: "branches",
      join: "mean",
      input: "split",
      branches: [[conv(12)], [conv(12), { layer: "activation", activation: "tanh" }]],
    },
    { layer: "pad", pads: [-1, 1, 1, -1] },
    { layer: "attention" },
    {
      layer: "branches",
      join: { type: "sk", ratio: 0.5 },
      branches: [[conv(12, { kernel: 3 })], [conv(12, { kernel: 5 })], [{ layer: "pool", kind: "max" }]],
    },
    { layer: "pool", kind: "average", kernel: 3, stride: 2, padding: "ceil" },
    { layer: "repeat", times: 2, layers: [conv("in", { kernel: 3 })] },
  ],
};

for (const [what, spec] of Object.entries({
  "every kind of layer": { blocks: { all: EVERYTHING }, stages: [{ block: "all", attention: "eca" }] },
  "gates at every place of a block with a shortcut": {
    defaults: { activation: "relu" },
    blocks: { own: BOTTLENECK },
    stages: ["pre", "spatial", "standard", "post", "identity", "identity-input"].map((position, i) => ({
      block: "own",
      channels: 16,
      stride: i === 2 ? 2 : 1,
      attention: { type: "se", ratio: 0.25, position },
    })),
  },
  "a network that begins and ends with its own blocks": {
    stem: "none",
    blocks: { own: { layers: [conv("4 * in", { kernel: 3 })] } },
    stages: [{ block: "own", repeat: 2, attention: "eca" }],
  },
  // 12 times the float32 nearest to 7/12 is less than 7.
  "a map of 12 pixels that becomes as large as one of 7": {
    blocks: {
      own: {
        layers: [
          { layer: "pool", kind: "max", kernel: 6, padding: "valid", as: "seven" },
          { layer: "upsample", from: "input", to: "seven", as: "resized" },
          { layer: "value", from: ["seven", "resized"] },
        ],
      },
    },
    stages: [{ block: "own", attention: "eca" }],
  },
})) {
  test(`${what}: ONNX Runtime agrees, and every gate matters`, async () => {
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "own.json");
      writeFileSync(file, JSON.stringify({ ...COMMON, ...spec }));
      const { ok, comparisons, checks } = await verify(file, {});
      assert.ok(ok, JSON.stringify(checks));
      assert.is(comparisons.length, 4);
    });
  });
}

const attending = (layer: object, channels = 8) => ({
  layers: [
    conv(channels, { as: "keys" }),
    { layer: "pool", from: "input", kind: "max", kernel: 2, stride: 2, padding: "valid", as: "small" },
    { layer: "attend", from: "input", keys: "keys", values: "keys", ...layer },
    { layer: "upsample", to: "small" },
    { layer: "branches", join: "sum", branches: [[], [{ layer: "value", from: "small" }]] },
  ],
});

for (const [kind, products] of [
  // 12×12 pixels, then 6×6; 2 heads of 4 channels: scores and sums, or matrices of 4×4, their products and the sums of shares.
  ["softmax", 2 * 8 * (144 ** 2 + 36 ** 2)],
  ["linear", 2 * (2 * 4 * 4 + 4) * (144 + 36)],
] as const) {
  test(`attention between pixels, ${kind}: ONNX Runtime agrees, and products count apart`, async () => {
    const spec = {
      ...COMMON,
      blocks: { own: attending({ heads: 2, kind }) },
      stages: [{ block: "own", repeat: 2 }],
    };
    const { macs, productMacs } = countNetwork(graphOf(spec));
    assert.is(productMacs, products);
    assert.is(macs, 144 * 8 * 27 + (144 + 36) * 64 + 8 * 7);
    await inTemporaryFolder(async (folder) => {
      const file = join(folder, "own.json");
      writeFileSync(file, JSON.stringify(spec));
      const { ok, checks } = await verify(file, {});
      assert.ok(ok, JSON.stringify(checks));
    });
  });
}

test("keys have the queries' channels, heads divide them, and a softmax has no ε", () => {
  const said = (layer: object, channels?: number): string => {
    const spec = { ...COMMON, blocks: { own: attending(layer, channels) }, stages: [{ block: "own" }] };
    const [first] = problems(JSON.stringify(spec));
    return `${first?.path}: ${first?.message}`;
  };
  assert.match(said({}, 4), /layers\[2\]\.keys: keys of 4 channels don't fit queries of 8/);
  assert.match(said({ heads: 3 }), /layers\[2\]\.heads: 3 heads must divide the 8 channels/);
  assert.match(said({ epsilon: 0.1 }), /layers\[2\]\.epsilon: the shares of a softmax need no ε/);
});

test("layers that don't fit fail with their place in the definition and in the network", () => {
  const spec = {
    ...COMMON,
    blocks: { own: { layers: [{ layer: "branches", branches: [[], [conv(8, { stride: 2 })]] }] } },
    stages: ["cn_r1_k3_s1_c8", { block: "own" }],
  };
  throwsError(() => graphOf(spec), InputError, /^\/stages\/1\/blocks\/0\/layers\/0\/concat: /, {
    code: "ir/type",
    path: "$.blocks.own.layers[0]",
  });
});

const refusal = (definition: object): readonly string[] =>
  problemsOf(() => graphOf({ blocks: { own: definition }, stages: [{ block: "own" }] })).map(
    ({ path, message }) => `${path} ${message}`,
  );

test("what is added must be equally large: a map of one pixel is not repeated", () => {
  const onePixel = { layer: "conv", channels: "in", kernel: 12, padding: "valid" };
  const said = "what is added must have the shape [N, 8, 12, 12], got float32[N, 8, 1, 1]";
  for (const join of ["sum", "mean"]) {
    assert.equal(refusal({ layers: [{ layer: "branches", join, branches: [[], [onePixel]] }] }), [
      `$.blocks.own.layers[0] /stages/0/blocks/0/layers/0/sum: ${said}`,
    ]);
  }
  assert.equal(refusal({ layers: [], shortcut: [onePixel] }), [
    `$.stages[0] /stages/0/blocks/0/add: ${said}`,
  ]);
});

test("a map can't be cut to nothing", () => {
  assert.equal(refusal({ layers: [{ layer: "pad", pads: [-6, 0, -6, 0] }] }), [
    "$.blocks.own.layers[0] /stages/0/blocks/0/layers/0: 12 pixels can't be cut off a map of 12 rows",
  ]);
});

/** The equation of Wu and He (ECCV 2018), section 3.2, by hand. */
test("a group normalisation is over the map and each group of channels", () => {
  const graph = graphOf({
    stem: "none",
    blocks: {
      own: {
        layers: [
          { layer: "conv", channels: 4, norm: false, activation: "none" },
          { layer: "norm", kind: "group", groups: 2 },
        ],
      },
    },
    stages: [{ block: "own", as: "map" }],
    input: { height: 2, width: 3 },
    head: { classifier: false },
    features: [{ name: "map", from: "map" }],
  });
  const name = (word: string): string => `stages.0.blocks.0.layers.${word}`;
  const scales = [2, -1, 0.5, 3];
  const shifts = [1, 0, -2, 0.25];
  // Each output channel is a multiple of the first input channel, with a mean of its own in each image.
  const given: Readonly<Record<string, readonly number[]>> = {
    [name("0.conv.weight")]: [1, 0, 0, 2, 0, 0, -1, 0, 0, 0, 1, 0],
    [name("1.norm.weight")]: scales,
    [name("1.norm.bias")]: shifts,
  };
  const image = {
    dims: [1, 3, 2, 3],
    data: Float64Array.from({ length: 18 }, (_, i) => Math.sin(i) * 5 + i),
  };
  const numbers = ({ name: of, type, data }: Parameter) => ({
    dims: type.dims as readonly number[],
    data: Float64Array.from(given[of] ?? materialize(data, 0)),
  });
  const found = [...evaluateGraph(graph, new Map([["input", image]]), numbers).values()][0]?.data ?? [];
  const [first = [], second = []] = [0, 6].map((start) => [...image.data.slice(start, start + 6)]);
  const maps = [first, first.map((x) => 2 * x), first.map((x) => -x), second];
  const expected = maps.flatMap((map, channel) => {
    const group = maps.slice(channel < 2 ? 0 : 2, channel < 2 ? 2 : 4).flat();
    const mean = group.reduce((sum, x) => sum + x, 0) / 12;
    const variance = group.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 12;
    return map.map(
      (x) => ((x - mean) / Math.sqrt(variance + 1e-5)) * (scales[channel] ?? 0) + (shifts[channel] ?? 0),
    );
  });
  assert.is(found.length, expected.length);
  expected.forEach((value, i) => {
    assert.ok(Math.abs((found[i] ?? Number.NaN) - value) < 1e-9, `${i}: ${found[i]}, ${value}`);
  });
  assert.is(countNetwork(graph).parameters, 12 + 8);
});

test.run();
