import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { verify } from "../../src/driver/verify/verify.js";
import { BLOCK_TYPES } from "../../src/language/blocks/registry.js";
import { sharedRuntime } from "../shared-runtime.js";

/**
 * Small networks that together have every block, stem, head and place of a gate: what ONNX Runtime computes with
 * each is what the reference interpreter does, for one image and for three.
 */
const SIDE = 24;
const gate = (position: string, type = "se"): object =>
  type === "se" ? { type, ratio: 0.25, position } : { type, position };
const basic = (more: object): object => ({ block: "basic", kernel: 3, ...more });
const bottleneck = (more: object): object => ({ block: "bottleneck", kernel: 3, ...more });

const RESNET_STEM = { channels: 8, kernel: 7, stride: 2, pool: {} };
const PREACTIVATION = { stem: { channels: 8, stride: 1, normalized: false }, head: { preactivation: true } };

const NETWORKS: Readonly<Record<string, object>> = {
  "basic blocks behind a pooled 7×7 stem, gate at the end of the branch": {
    stem: RESNET_STEM,
    stages: [
      basic({ channels: 8, repeat: 2, attention: gate("standard") }),
      basic({ channels: 16, stride: 2, attention: gate("standard", "eca") }),
    ],
  },
  "bottlenecks, gates in branch, shortcut and after the sum": {
    stem: RESNET_STEM,
    stages: [
      bottleneck({ channels: 16, attention: gate("pre") }),
      bottleneck({ channels: 16, attention: gate("post", "eca") }),
      bottleneck({ channels: 32, stride: 2, attention: gate("identity") }),
      bottleneck({ channels: 48, attention: gate("identity-input", "eca") }),
      bottleneck({ channels: 48, bottleneckRatio: 0.5, groups: 8, attention: gate("spatial") }),
      bottleneck({ channels: 32, stride: 2, strideAt: "reduce", attention: gate("standard") }),
    ],
  },
  "ResNet-D: deep stem, unpadded pool, averaging shortcuts on odd maps": {
    input: { height: 27, width: 27 },
    stem: { channels: 8, deep: [4, 6], stride: 2, pool: { padding: "ceil" } },
    scaling: { divisor: 1 },
    stages: [
      bottleneck({ channels: 32, shortcut: "average-pool", stride: 2, attention: gate("standard", "eca") }),
      basic({ channels: 32, shortcut: "average-pool" }),
      basic({ channels: 16, shortcut: "average-pool", stride: 2 }),
    ],
  },
  "option A: picked pixels and zeros in the shortcut, on odd maps": {
    input: { height: 15, width: 15 },
    stem: { channels: 8, stride: 1 },
    stages: [
      basic({ channels: 8, shortcut: "zero-pad" }),
      basic({ channels: 24, shortcut: "zero-pad", stride: 2, attention: gate("standard") }),
      basic({ channels: 32, shortcut: "zero-pad", stride: 2 }),
    ],
  },
  "ResNet-RS, legacy SE and SENet-154: a strided convolution in the stem, an activation more, wide shortcuts":
    {
      stem: { channels: 8, deep: [4], pool: { type: "conv" } },
      stages: [
        basic({ channels: 16, branchActivation: true, attention: gate("standard") }),
        bottleneck({
          channels: 32,
          stride: 2,
          bottleneckRatio: 1,
          reduceRatio: 0.5,
          groups: 8,
          shortcutKernel: 3,
          attention: gate("standard"),
        }),
        bottleneck({ channels: 48, stride: 2, shortcut: "conv-average-pool" }),
      ],
    },
  "attention in place of the 3×3 convolution, behind a stride in the first": {
    stem: { channels: 8, stride: 2 },
    stages: [
      bottleneck({ channels: 32, attention: { type: "aa", heads: 2, position: "convolution" } }),
      bottleneck({
        channels: 48,
        stride: 2,
        strideAt: "reduce",
        attention: { type: "aa", heads: 2, values: 0.5, position: "convolution" },
      }),
    ],
  },
  "MixNet: kernels of several sizes, also where the parts are not equal, and grouped 1×1 convolutions": {
    stem: { channels: 8, stride: 1 },
    scaling: { divisor: 1 },
    stages: [
      {
        block: "inverted-residual",
        repeat: 2,
        stride: 2,
        channels: 8,
        expansion: 2.5,
        kernels: [3, 5, 7],
        expandGroups: 2,
        projectGroups: 4,
        attention: gate("spatial"),
      },
    ],
  },
  "a plain network, without shortcuts": {
    stem: { channels: 8, stride: 1 },
    stages: [
      basic({ channels: 8, residual: false }),
      bottleneck({ channels: 16, stride: 2, residual: false, attention: gate("standard") }),
    ],
  },
  preactivation: {
    ...PREACTIVATION,
    stages: [
      basic({ channels: 16, preactivation: true, repeat: 2, attention: gate("standard") }),
      bottleneck({ channels: 32, preactivation: true, stride: 2, attention: gate("spatial") }),
      basic({
        channels: 48,
        preactivation: true,
        stride: 2,
        shortcut: "zero-pad",
        attention: gate("identity"),
      }),
      basic({
        channels: 32,
        preactivation: true,
        stride: 2,
        shortcut: "average-pool",
        attention: gate("post"),
      }),
    ],
  },
  "preactivation with a convolution in the head": {
    ...PREACTIVATION,
    head: { preactivation: true, channels: 24 },
    stages: [basic({ channels: 16, preactivation: true, attention: gate("pre") })],
  },
  "MobileNetV3's head, which pools first": {
    defaults: { activation: "hard_swish" },
    stem: { channels: 8 },
    stages: ["ir_r1_k3_s1_e2_c8_se0.25", "cn_r1_k1_s1_c24"],
    head: { channels: 32, poolFirst: true },
  },
  "the same without a bias, padded as TensorFlow does": {
    defaults: { padding: "same" },
    stem: { channels: 8, pool: {} },
    stages: ["ir_r1_k3_s2_e2_c8_se0.25"],
    head: { channels: 32, poolFirst: true, bias: false },
  },
  "gates in every place of MBConv and its kin": {
    stem: { channels: 8, stride: 1 },
    stages: [
      { block: "inverted-residual", expansion: 2, channels: 8, attention: gate("pre") },
      { block: "inverted-residual", expansion: 2, channels: 8, attention: gate("standard", "eca") },
      { block: "fused-inverted-residual", expansion: 2, channels: 8, attention: gate("post") },
      { block: "depthwise-separable", channels: 8, attention: gate("identity") },
      { block: "conv-norm-act", channels: 8, attention: gate("standard") },
      { block: "inverted-residual", expansion: 1, channels: 8, stride: 2, attention: gate("spatial") },
    ],
  },
};

const test = suite("blocks: small networks");
const runtime = sharedRuntime(test);
let folder = "";
test.before(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-blocks-"));
});
test.after(() => rmSync(folder, { recursive: true, force: true }));

test("every block type is in one of them", () => {
  const text = JSON.stringify(NETWORKS);
  assert.equal(
    BLOCK_TYPES.filter((type) => !text.includes(`"block":"${type}"`)),
    [],
  );
});

for (const [name, network] of Object.entries(NETWORKS)) {
  for (const initialization of ["efficientnet", "resnet"]) {
    test(`${name}; initialised as ${initialization}`, async () => {
      const { defaults, head, ...rest } = network as Readonly<Record<string, object>>;
      const spec = {
        input: { height: SIDE, width: SIDE },
        defaults: { activation: "relu", ...defaults, initialization },
        head: { ...head, classes: 10 },
        ...rest,
      };
      const file = join(folder, "network.json");
      writeFileSync(file, JSON.stringify(spec));
      const report = await verify(file, { batches: [1, 3], runtime: runtime() });
      assert.ok(report.ok, JSON.stringify(report, null, 1));
    });
  }
}

test.run();
