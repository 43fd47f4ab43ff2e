import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blocksOf, parse, specText } from "./support.js";

const test = suite("spec: resolve");

test("the first block of a stage has its stride and input, the others stride 1 and the stage's channels", () => {
  const blocks = blocksOf([`"ir_r3_k5_s2_e6_c24"`, `"ir_r1_k3_s1_e6_c40"`]);
  assert.equal(
    blocks.map(({ stage, index, inputChannels, channels, stride }) => [
      stage,
      index,
      inputChannels,
      channels,
      stride,
    ]),
    [
      [0, 0, 16, 24, 2],
      [0, 1, 24, 24, 1],
      [0, 2, 24, 24, 1],
      [1, 0, 24, 40, 1],
    ],
  );
  assert.equal(
    blocks.map(({ specPath }) => specPath),
    [0, 0, 0, 1].map((stage) => ["stages", stage]),
  );
});

test("a residual where the stride is 1 and the channels are equal, unless the stage says otherwise", () => {
  const residuals = (stage: string): readonly boolean[] => blocksOf([stage]).map(({ residual }) => residual);
  assert.equal(residuals(`"ir_r2_k3_s2_e4_c16"`), [false, true]);
  assert.equal(residuals(`"ir_r2_k3_s1_e4_c16"`), [true, true]);
  assert.equal(residuals(`"ir_r2_k3_s1_e4_c24"`), [false, true]);
  assert.equal(residuals(`{ "block": "conv-norm-act", "repeat": 2, "channels": 16, "residual": false }`), [
    false,
    false,
  ]);
});

test("widths are rounded to the divisor by the 0.9 rule, depths up", () => {
  const more = [`"scaling": { "width": 1.4, "depth": 1.1 }`, `"head": { "channels": 100 }`];
  const { resolved } = parse(specText([`"ir_r2_k3_s2_e6_c24"`, `"cn_r1_k3_s1_c9"`], more));
  // 22.4 is nearest to 24; 33.6 to 32; 12.6 to 16; 140 lies between 136 and 144.
  assert.equal([resolved.stem?.channels, resolved.head?.channels], [24, 144]);
  assert.equal(
    resolved.blocks.map(({ channels }) => channels),
    [32, 32, 32, 16, 16],
  );
});

test("rounding that loses over a tenth goes up, unless the limit allows it", () => {
  const channels = (scaling: string): number | undefined =>
    blocksOf([`"cn_r1_k3_s1_c11"`], [`"scaling": ${scaling}`])[0]?.channels;
  assert.is(channels("{}"), 16);
  assert.is(channels(`{ "roundLimit": 0 }`), 8);
  assert.is(channels(`{ "divisor": 1 }`), 11);
});

test("scaled depths are rounded up, or to the nearest integer with ties to even and at least one block", () => {
  const depths = (rounding: string): readonly number[] => {
    const stages = [1, 2, 3, 5].map((repeat) => `"cn_r${repeat}_k3_s1_c16"`);
    const scaling = `"scaling": { "depth": 0.5${rounding} }`;
    const { blocks } = parse(specText(stages, [scaling])).resolved;
    return stages.map((_, i) => blocks.filter(({ stage }) => stage === i).length);
  };
  assert.equal(depths(""), [1, 1, 2, 3]);
  assert.equal(depths(', "depthRounding": "nearest"'), [1, 1, 2, 2]);
});

test("stem and head can be kept out of the scaling, and stages out of the depth", () => {
  const text = `{
    "scaling": { "width": 2, "depth": 2 },
    "stem": { "channels": 10, "scaled": false },
    "stages": [{ "block": "conv-norm-act", "channels": 16, "scaleDepth": false }, "cn_r1_k3_s1_c16"],
    "head": { "channels": 20, "scaled": false }
  }`;
  const { stem, head, blocks } = parse(text).resolved;
  assert.equal([stem?.channels, head?.channels], [10, 20]);
  assert.equal(
    blocks.map(({ stage }) => stage),
    [0, 1, 1],
  );
});

test("expanded channels are rounded to the divisor; without an expansion layer they are the input's", () => {
  const expanded = (stage: string, more: readonly string[] = []): readonly unknown[] =>
    blocksOf([stage], more).map((block) =>
      "expandedChannels" in block ? [block.expandedChannels, "expands" in block && block.expands] : undefined,
    );
  assert.equal(expanded(`"ir_r1_k3_s1_e3.5_c24"`), [[56, true]]);
  assert.equal(expanded(`"ir_r1_k3_s1_e4.3_c24"`), [[72, true]]);
  assert.equal(expanded(`"ir_r1_k3_s1_e4.3_c24"`, [`"scaling": { "divisor": 1 }`]), [[69, true]]);
  assert.equal(expanded(`"ir_r1_k3_s1_e1_c24"`), [[16, true]]);
  const written = (more: string): string =>
    `{ "block": "inverted-residual", "expansion": 1, "channels": 24${more} }`;
  assert.equal(expanded(written("")), [[16, false]]);
  assert.equal(expanded(written(`, "expansionLayer": true`)), [[16, true]]);
});

test("drop path grows from 0 with the block's place: rate · i / n", () => {
  const blocks = blocksOf([`"ir_r3_k3_s1_e1_c16"`, `"ir_r1_k3_s1_e1_c16"`], [`"dropPath": 0.4`]);
  assert.equal(
    blocks.map(({ dropPath }) => Math.round(dropPath * 1000) / 1000),
    [0, 0.1, 0.2, 0.3],
  );
});

test("activation, normalisation and padding: the layer's own, else the file's, else ecagen's", () => {
  const stages = [`"cn_r1_k3_s1_c16"`, `"cn_r1_k3_s1_c16_nre"`];
  const more = [
    `"defaults": { "activation": "gelu", "norm": { "epsilon": 0.001 }, "padding": "same" }`,
    `"head": { "activation": "tanh" }`,
  ];
  const { stem, blocks, head } = parse(specText(stages, more)).resolved;
  assert.equal(
    [stem, ...blocks, head].map((each) => each?.activation),
    ["gelu", "gelu", "relu", "tanh"],
  );
  assert.equal(head?.norm, { epsilon: 0.001, momentum: 0.1 });
  assert.is(stem?.padding, "same");
  const plain = parse(specText(stages)).resolved;
  assert.equal(
    [plain.stem?.activation, plain.stem?.padding, plain.stem?.norm.epsilon],
    ["silu", "symmetric", 1e-5],
  );
});

test("attention by name, as an object, with the file's defaults, or none", () => {
  const stage = (attention: string): string =>
    `{ "block": "depthwise-separable", "channels": 16, "attention": ${attention} }`;
  const more = [
    `"defaults": { "attention": { "eca": { "gamma": 3, "kernel": 7 }, "se": { "bias": false } } }`,
  ];
  const gates = blocksOf(
    [`"eca"`, `{ "type": "eca", "gamma": 4 }`, `{ "type": "eca", "kernel": null }`, `"se"`, `"none"`].map(
      stage,
    ),
    more,
  ).map(({ gates: [gate] }) => gate?.options);
  const usual = {
    ...{ type: "eca", rule: "eca-net", b: 1, kernelOf: "gated", padding: "zeros", bias: false },
    ...{ squeeze: "average", ownKernels: false, gate: "sigmoid" },
  };
  assert.equal(gates.slice(0, 3), [
    { ...usual, kernel: 7, gamma: 3 },
    { ...usual, kernel: 7, gamma: 4 },
    { ...usual, gamma: 3 },
  ]);
  assert.is(gates[3]?.type === "se" && gates[3].bias, false);
  assert.is(gates[4], undefined);
});

test("the size of a group gives the number of groups at each block's input", () => {
  const blocks = blocksOf([`"cn_r2_k3_s1_c32_gs8"`]);
  assert.equal(
    blocks.map((block) => block.block === "conv-norm-act" && block.groups),
    [2, 4],
  );
});

test("passes are objects or pipelines, with their defaults filled in", () => {
  const more = [`"passes": [{ "pass": "swap-attention", "to": "eca" }, "strip-training,lower-attention"]`];
  const { passes } = parse(specText([`"cn_r1_k3_s1_c16"`], more)).resolved;
  assert.equal(
    passes.map(({ pass }) => pass),
    ["swap-attention", "strip-training", "lower-attention"],
  );
  assert.equal([passes[2]?.options.strategy, passes[2]?.options.target], ["auto", "portable"]);
});

test("the hash is of what a spec says, not of how", () => {
  const hash = (stages: readonly string[], more: readonly string[] = []): string =>
    parse(specText(stages, more)).hash;
  const written = hash([`"ir_r1_k3_s1_e4_c16"`]);
  assert.match(written, /^[0-9a-f]{64}$/);
  assert.is(
    hash([`{ "channels": 16, "expansion": 4, "block": "inverted-residual" } // the same`], [`"dropPath": 0`]),
    written,
  );
  assert.is(
    hash([`"ir_r1_k3_s1_e4_c16"`], [`"description": "words", "family": "F", "expect": { "macs": 1 }`]),
    written,
  );
  assert.is.not(hash([`"ir_r1_k3_s1_e4_c24"`]), written);
  assert.is.not(hash([`"ir_r1_k3_s1_e4_c16"`], [`"dropPath": 0.1`]), written);
});

test.run();
