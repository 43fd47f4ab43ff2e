import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { specNetwork } from "../../src/given/spec-file.js";
import { isOp } from "../../src/ir/rewrite.js";
import { LOGITS } from "../../src/language/resolved.js";
import { ATTENTION_VARIANTS } from "../attention-variants.js";
import { claimsIn } from "../claims.js";
import { SIGNAL_NETWORK } from "../networks/signals.js";
import {
  assertSame,
  checkTorch,
  HAS_TORCH,
  prepareTorch,
  type TorchVerdict,
  testWithTorch,
} from "./torch.js";

/**
 * Generated PyTorch modules against ONNX Runtime: with the stress weights that ecagen exports, which load strictly, the
 * outputs agree; counts, rates and the distributions of the initial weights are those of the IR.
 */
const test = suite("codegen: PyTorch modules compute what the export does");

interface Case {
  readonly label: string;
  readonly spec: string;
  readonly passes?: string;
  readonly resolution?: number;
}

/** Networks of the gallery on small images, as they are. */
const GALLERY: readonly Case[] = [
  ...["b0-se", "b0-eca", "tf-b0-se", "b0-cbam", "lite0"].map((spec) => shipped(spec, 32)),
  ...["mobilenetv2-100", "mobilenetv3-small-100", "mixnet-s"].map((spec) => shipped(spec, 32)),
  ...["shufflenetv2-100", "densenet-121", "ghostnet-100"].map((spec) => shipped(spec, 32)),
  shipped("inception-v3", 107),
];

/** Large networks of the gallery with a quarter of their channels: every layer is there, and the numbers are a sixteenth. */
const NARROW = [
  ...["v2-s-se", "resnet50-se", "resnet50-eca", "resnet50-cbam", "resnext50-32x4d-se"],
  ...["skresnet18", "ese-vovnet39b", "cifar-preact-resnet164-se", "convnext-tiny"],
].map((spec) => ({ label: `${spec}, narrow`, spec: `narrow-${spec}`, extended: spec, resolution: 32 }));

function shipped(spec: string, resolution: number): Case {
  return { label: spec, spec: `specs/${spec}.json`, resolution };
}

const HEAD = { channels: 24, classes: 6 };
const INPUT = { channels: 3, height: 28, width: 20 };
const GATED = [
  { block: "depthwise-separable", kernel: 3, channels: 16, attention: "se-var1" },
  { block: "inverted-residual", expansion: 3, kernel: 3, stride: 2, channels: 16, attention: "se-var1" },
  { block: "bottleneck", kernel: 3, channels: 32, attention: "se-var1" },
];

/** Small networks for what the gallery's have none of, or only large ones. */
const SMALL: Readonly<Record<string, object>> = {
  signals: SIGNAL_NETWORK,
  "several-gates": {
    input: INPUT,
    attention: ["eca", { type: "sam", kernel: 3 }],
    stem: { channels: 16, stride: 2 },
    blocks: {
      own: {
        layers: [
          { layer: "conv", channels: "channels" },
          { layer: "attention" },
          { layer: "conv", channels: "channels", activation: "none" },
        ],
        residual: true,
      },
    },
    stages: [
      { block: "basic", channels: 16, repeat: 2 },
      {
        block: "inverted-residual",
        expansion: 2,
        channels: 16,
        repeat: 3,
        attention: [
          { type: "se", ratio: 0.25, norm: true, blocks: [0], residual: true },
          { type: "eca", position: "identity", blocks: [1] },
          { type: "scse", blocks: [0, 1] },
        ],
      },
      {
        block: "bottleneck",
        channels: 32,
        attention: [
          { type: "aa", heads: 2, position: "convolution", values: 0.5 },
          { type: "eca", position: "convolution" },
          "se-var1",
        ],
      },
      { block: "own", channels: 32, attention: ["eca", { type: "sam", position: "post" }, "ese"] },
      { block: "own", channels: 32, attention: { type: "eca", gate: "tanh", residual: true } },
    ],
    head: HEAD,
  },
  gates: { input: INPUT, stem: { channels: 16, stride: 2 }, stages: GATED, head: HEAD },
  "gates-resnet": {
    input: INPUT,
    defaults: { initialization: "resnet" },
    stem: { channels: 16, stride: 2 },
    stages: GATED,
    head: HEAD,
  },
  standardized: {
    input: INPUT,
    stem: { channels: 8, stride: 2 },
    blocks: {
      free: {
        fields: { gain: {} },
        layers: [
          {
            layer: "conv",
            channels: "in",
            kernel: 3,
            groups: 2,
            bias: true,
            norm: false,
            standardized: { factor: "2 + index", scaled: true, gain: "gain" },
          },
          { layer: "norm", kind: "group", groups: 4, epsilon: 0.01 },
          { layer: "conv", channels: "in", padding: "same", kernel: [3, 2], standardized: { epsilon: 0.1 } },
          { layer: "attention" },
        ],
        residual: true,
      },
    },
    stages: [
      { block: "free", gain: 1, repeat: 2, attention: "eca" },
      { block: "free", gain: 0.5, attention: "eca" },
    ],
    head: HEAD,
  },
  "gated-heads": {
    input: INPUT,
    stem: { channels: 8, stride: 2 },
    blocks: {
      own: {
        layers: [{ layer: "conv", channels: "channels" }, { layer: "attention" }],
        shortcut: [
          { layer: "conv", channels: "channels" },
          { layer: "attention", attention: [{ type: "se", channels: 4, norm: true }, "eca"] },
        ],
      },
    },
    stages: [
      { block: "basic", channels: 8, as: "c1" },
      { block: "own", channels: 16, stride: 1, attention: "se-var1" },
    ],
    neck: {
      layers: [
        { layer: "block", block: "own", channels: 16, attention: ["ese", { type: "eca", position: "post" }] },
        { layer: "attention", attention: { type: "eca", residual: true }, as: "p2" },
        { layer: "conv", from: "c1", channels: 16, as: "p1" },
      ],
    },
    heads: [
      {
        name: "tower",
        from: ["p1", "p2"],
        share: "all-but-norms",
        layers: [
          { layer: "attention", attention: { type: "se", channels: 4, norm: true } },
          { layer: "branches", join: { type: "sk", channels: 4 }, branches: [[], [{ layer: "activation" }]] },
        ],
      },
      {
        name: "own",
        from: "tower",
        share: "none",
        layers: [
          { layer: "attention", attention: "eca" },
          { layer: "conv", channels: 5 },
        ],
      },
    ],
    head: { classifier: false },
  },
  same: {
    input: { channels: 2, height: 29, width: 34 },
    defaults: { padding: "same", activation: "gelu", norm: { epsilon: 0.01, momentum: 0.3 } },
    stem: { channels: 8, kernel: 3, stride: 2, pool: { kernel: 3, stride: 2 } },
    stages: [
      { block: "conv-norm-act", kernel: 5, stride: 2, channels: 8 },
      { block: "conv-norm-act", kernel: 3, channels: 8, residual: true, attention: "eca" },
      { block: "fused-inverted-residual", kernel: 5, expansion: 2, stride: 2, channels: 12 },
      { block: "inverted-residual", kernels: [3, 5, 7], expansion: 2, repeat: 2, channels: 12 },
    ],
    dropPath: 0.3,
    head: { channels: 16, dropout: 0.4, poolFirst: true, classes: 5 },
  },
  residuals: {
    input: { channels: 3, height: 31, width: 27 },
    defaults: { activation: "relu", initialization: "resnet" },
    stem: { channels: 8, deep: [4, 4], stride: 2, pool: { type: "conv", kernel: 3, stride: 2 } },
    stages: [
      { block: "basic", channels: 8, attention: { type: "se", reduction: 4 }, branchActivation: true },
      {
        block: "basic",
        channels: 12,
        stride: 2,
        shortcut: "zero-pad",
        attention: { position: "post", type: "eca" },
      },
      { block: "basic", channels: 16, shortcut: "conv-average-pool", stride: 2, shortcutKernel: 3 },
      {
        block: "bottleneck",
        channels: 16,
        shortcut: "average-pool",
        stride: 2,
        strideAt: "reduce",
        groups: 2,
      },
      {
        block: "bottleneck",
        channels: 16,
        attention: { position: "convolution", type: "aa", heads: 1, keysPerHead: 2 },
      },
      { block: "bottleneck", channels: 16, reduceRatio: 0.5 },
      { block: "bottleneck", channels: 24, residual: false, attention: { position: "spatial", type: "eca" } },
    ],
    head: { classes: 5 },
  },
  preactivated: {
    input: { channels: 3, height: 18, width: 18 },
    defaults: { activation: "relu" },
    stem: { channels: 8, kernel: 3 },
    stages: [
      { block: "basic", channels: 8, preactivation: true, attention: { position: "identity", type: "eca" } },
      {
        block: "bottleneck",
        channels: 16,
        stride: 2,
        preactivation: true,
        attention: { position: "identity-input", type: "eca" },
      },
      { block: "bottleneck", channels: 16, preactivation: true, attention: { position: "pre", type: "eca" } },
    ],
    head: { channels: 12, classes: 5 },
  },
  defined: {
    input: { channels: 3, height: 17, width: 19 },
    defaults: { activation: "relu", initialization: "resnet" },
    blocks: {
      forward: {
        layers: [
          {
            layer: "conv",
            name: "train",
            channels: "channels",
            kernel: [1, 3],
            stride: "stride",
            bias: true,
          },
          {
            layer: "repeat",
            name: "type",
            times: 2,
            layers: [{ layer: "conv", channels: "channels", norm: false, padding: "same", kernel: 4 }],
          },
          { layer: "attention" },
          { layer: "scale", factor: 0.5 },
          {
            layer: "branches",
            join: "mean",
            branches: [
              [{ layer: "pad", pads: [1, 0, -1, 0] }, { layer: "norm" }],
              [
                { layer: "pool", kind: "average", kernel: 3, countPadding: true },
                { layer: "activation", activation: "tanh" },
              ],
              [{ layer: "pool", kind: "average", kernel: [2, 3], stride: 1, padding: "same" }],
              [{ layer: "pool", kind: "max", kernel: [2, 3], stride: 1, padding: "same" }],
            ],
          },
        ],
        shortcut: [
          { layer: "conv", channels: "channels", stride: "stride", activation: "none", when: "stride != 1" },
        ],
      },
    },
    stem: { channels: 8 },
    stages: [
      { block: "forward", channels: 8, repeat: 2, attention: { type: "se", reduction: 4 } },
      { block: "forward", channels: 8, stride: 2, attention: "none" },
    ],
    head: { classes: 5 },
  },
  moved: {
    input: { channels: 3, height: 24, width: 36 },
    defaults: { activation: "leaky_relu_0.1" },
    blocks: {
      focus: {
        layers: [
          { layer: "space-to-depth" },
          { layer: "conv", channels: 16, kernel: 3, activation: "mish" },
          { layer: "blur-pool" },
          { layer: "leaky-relu", slope: 0.3 },
          { layer: "conv", channels: 16, activation: "leaky_relu_0.001", as: "map" },
          { layer: "global-pool" },
          { layer: "upsample", to: "map", as: "mean" },
          { layer: "global-pool", kind: "max", from: "map" },
          { layer: "upsample", to: "map", as: "most" },
          { layer: "value", from: { sum: ["map", "mean", "most"] } },
        ],
      },
      back: {
        layers: [
          { layer: "blur-pool", kernel: 4, stride: 1 },
          { layer: "depth-to-space" },
          { layer: "space-to-depth", size: 2, order: "channel" },
          { layer: "depth-to-space", size: 4, order: "channel" },
          { layer: "conv", channels: 8, activation: "leaky_relu_0.01" },
          { layer: "global-pool" },
          { layer: "conv", channels: 4, norm: false, bias: true },
        ],
      },
    },
    stem: "none",
    stages: [{ block: "focus", attention: "eca" }, { block: "back" }],
    head: { classes: 5 },
  },
  named: {
    input: { channels: 3, height: 22, width: 30 },
    defaults: { activation: "relu" },
    blocks: {
      mixed: {
        layers: [
          { layer: "conv", channels: 12, kernel: 3, as: "wide" },
          { layer: "norm", kind: "layer", epsilon: 1e-6 },
          { layer: "prelu" },
          { layer: "scale", factor: 0.5, trained: "channels" },
          { layer: "shuffle", groups: 3 },
          { layer: "attention", as: "gated" },
          { layer: "value", from: { product: ["gated", "input"] } },
          {
            layer: "branches",
            branches: [
              [
                { layer: "slice", start: 2, end: 8 },
                { layer: "conv", channels: 6, kernel: 3, as: "left" },
              ],
              [
                { layer: "slice", end: 6, as: "first" },
                { layer: "conv", channels: 6, kernel: 3, from: { mean: ["left", "first"] } },
              ],
            ],
          },
          { layer: "scale", factor: 2, trained: "map" },
        ],
        shortcut: [{ layer: "conv", channels: 12, from: "wide", activation: "none" }],
        after: [
          { layer: "norm", epsilon: 0.01, as: "sum" },
          { layer: "activation", from: ["sum", "input", "wide"] },
        ],
      },
      larger: {
        layers: [
          { layer: "upsample", mode: "bilinear" },
          { layer: "conv", channels: 8, kernel: 3, stride: 2 },
          {
            layer: "conv-transpose",
            channels: 8,
            kernel: [3, 4],
            padding: 1,
            outputPadding: [1, 0],
            groups: 2,
            bias: true,
          },
        ],
      },
      fit: {
        layers: [
          { layer: "conv", channels: 8, as: "whole" },
          { layer: "pool", kind: "max", stride: 3, padding: "ceil" },
          { layer: "upsample", to: "whole", as: "smooth" },
          { layer: "value", from: { sum: ["whole", "smooth"] } },
        ],
      },
    },
    stem: { channels: 12, stride: 1 },
    scaling: { divisor: 4 },
    stages: [
      { block: "mixed", attention: "eca", as: "fine" },
      { block: "conv-norm-act", channels: 8, stride: 2, as: "coarse" },
      { block: "larger" },
      { block: "fit", channels: 8, as: "up" },
      { block: "conv-norm-act", channels: 8, from: ["fine", "up", "stem"], as: "all" },
      { block: "conv-norm-act", channels: 8, repeat: 2, from: "input", as: "image" },
      { block: "basic", channels: 8, from: { product: ["all", "image"] } },
    ],
    head: { classes: 5 },
    features: [{ name: "coarse", from: "coarse" }],
  },
  detector: {
    input: { channels: 3, height: 64, width: 96 },
    defaults: { activation: "relu", initialization: "resnet" },
    stem: { channels: 8 },
    stages: [
      { block: "basic", channels: 8, as: "c1" },
      { block: "basic", channels: 12, stride: 2, attention: "se" },
      { block: "basic", channels: 16, stride: 2, as: "c3" },
      { block: "basic", channels: 16, from: { weighted: ["c3", "c3"] } },
      { block: "basic", channels: 24, stride: 2 },
    ],
    neck: {
      activation: "silu",
      layers: [
        { layer: "conv", channels: 16, norm: false, bias: true, activation: "none", as: "top" },
        { layer: "conv", channels: 16, from: "c3", as: "side" },
        { layer: "upsample", from: "top", to: "side", as: "up" },
        { layer: "conv", channels: 16, kernel: 3, from: { weighted: ["up", "side"] }, as: "p3" },
        { layer: "conv", channels: 16, from: "C2", as: "p2" },
        {
          layer: "branches",
          from: "top",
          join: "weighted",
          branches: [[], [{ layer: "conv", channels: 16 }]],
        },
        { layer: "pool", kind: "max", stride: 2, as: "p5" },
      ],
    },
    heads: [
      {
        name: "type",
        from: ["p2", "p3", "top", "p5"],
        output: "none",
        layers: [{ layer: "conv", channels: 16, kernel: 3 }],
      },
      {
        name: "classes",
        from: "type",
        output: { values: 7 },
        share: "all-but-norms",
        layers: [
          { layer: "conv", channels: 16, kernel: 3, groups: "in", as: "keys" },
          { layer: "conv", channels: 16, as: "deep" },
          {
            layer: "conv",
            channels: 21,
            bias: true,
            norm: false,
            activation: "none",
            from: { weighted: ["keys", "deep"] },
          },
        ],
      },
      {
        name: "boxes",
        from: ["p3", "c1", "C4"],
        output: { values: 4, order: "anchors" },
        share: "none",
        layers: [
          { layer: "conv", channels: "in / 2", kernel: 3 },
          { layer: "conv", channels: 12, bias: true, norm: false, activation: "none" },
        ],
      },
      {
        name: "mask",
        from: ["p3"],
        activation: "tanh",
        layers: [{ layer: "conv", channels: 1, activation: "sigmoid" }],
      },
    ],
    features: [{ name: "P2", from: "p2" }, "C3"],
    head: { classes: 5 },
  },
};

/** What is added to a gate's result is there twice without the gate. */
const REMOVED: Case = {
  label: "several-gates, remove-attention",
  spec: "several-gates",
  passes: "remove-attention{kind=se},remove-attention{kind=eca}",
};

/** The small networks whose gates are swapped for each variant. */
const SWAPPED = ["gates", "gates-resnet"];

const SHAKE: Case = { ...shipped("cifar-shake-shake-26-2x96d-se", 8), passes: "remove-attention" };

let folder = "";
let verdicts: ReadonlyMap<string, { readonly verdict: TorchVerdict; readonly spec: Case }> = new Map();

const cases: readonly Case[] = [
  ...GALLERY,
  ...NARROW,
  SHAKE,
  REMOVED,
  // Networks that are there to have their gates swapped stand among those.
  ...Object.keys(SMALL)
    .filter((name) => !SWAPPED.includes(name))
    .map((name) => ({ label: name, spec: name })),
  ...ATTENTION_VARIANTS.map((to, i) => ({
    label: `attention ${to}`,
    spec: SWAPPED[i % 2] ?? "",
    passes: `swap-attention{to=${to}}`,
  })),
];

test("the documentation counts these modules", () => {
  assert.equal(claimsIn("docs/codegen.md", /The tests compare (\d+) modules with ONNX Runtime/), [
    cases.length,
  ]);
});

test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-torch-"));
  for (const [name, network] of Object.entries(SMALL)) {
    writeFileSync(join(folder, `${name}.json`), JSON.stringify({ name, ...network }));
  }
  for (const { spec, extended } of NARROW) {
    writeFileSync(
      join(folder, `${spec}.json`),
      JSON.stringify({ extends: extended, scaling: { width: 0.25 } }),
    );
  }
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

const fileOf = ({ spec }: Case): string => (spec.endsWith(".json") ? spec : join(folder, `${spec}.json`));

testWithTorch(test, "every network is prepared and run", async () => {
  const folders: string[] = [];
  for (const [i, each] of cases.entries()) {
    folders.push(join(folder, String(i)));
    await prepareTorch(folders.at(-1) ?? "", fileOf(each), each);
  }
  const measured = checkTorch(folders);
  verdicts = new Map(
    measured.map((verdict, i) => [cases[i]?.label ?? "", { verdict, spec: cases[i] as Case }]),
  );
  assert.is(verdicts.size, cases.length);
});

for (const each of HAS_TORCH ? cases : []) {
  test(`${each.label}: same parameters, outputs, rates and starts`, () => {
    const { graph } = specNetwork(fileOf(each), each);
    const verdict = verdicts.get(each.label)?.verdict;
    assertSame(verdict, graph, each.label);
    const rates = (kind: "drop_path" | "dropout"): readonly number[] =>
      sorted(graph.ops.flatMap((op) => (isOp(op, kind) ? [op.attributes.rate] : [])));
    assert.equal(verdict?.rates, rates("drop_path"));
    // A classifier's dropout is there at a rate of 0, too, which the graph leaves out.
    const isClassifier = graph.outputs.some(({ name }) => name === LOGITS);
    assert.equal(verdict?.dropout, isClassifier && rates("dropout").length === 0 ? [0] : rates("dropout"));
    const momenta = sorted(
      graph.ops.flatMap((op) => (isOp(op, "batch_norm") ? [op.attributes.momentum] : [])),
    );
    for (const momentum of momenta) assert.ok(verdict?.momenta.includes(momentum), `momentum ${momentum}`);
  });
}

function sorted(numbers: readonly number[]): readonly number[] {
  return [...new Set(numbers)].sort((a, b) => a - b);
}

test.run();
