import { suite } from "uvu";
import * as assert from "uvu/assert";
import { blocksOf, briefly, problems, specText } from "./support.js";

const test = suite("spec: block strings");

/** Strings and the stage objects that they stand for; both must resolve to the same blocks. */
const equal: readonly (readonly [text: string, object: string])[] = [
  [
    "ir_r2_k5_s2_e6_c40",
    `{ "block": "inverted-residual", "repeat": 2, "kernel": 5, "stride": 2, "expansion": 6, "channels": 40 }`,
  ],
  [
    "ir_r1_k3_s1_e1_c16",
    `{ "block": "inverted-residual", "expansion": 1, "channels": 16, "expansionLayer": true }`,
  ],
  ["r1_k3_s11_e1_i16_o16", `{ "block": "inverted-residual", "expansion": 1, "channels": 16 }`],
  [
    "r3_k5_s22_e3_i16_o40_noskip",
    `{ "block": "inverted-residual", "repeat": 3, "kernel": 5, "stride": 2, "expansion": 3, "channels": 40, "residual": false }`,
  ],
  ["ir_r1_k3_s1_e3.5_c16_gs1", `{ "block": "inverted-residual", "expansion": 3.5, "channels": 16 }`],
  [
    "ir_c24_se0.25_e4_s1_k3_r2",
    `{ "block": "inverted-residual", "repeat": 2, "expansion": 4, "channels": 24, "attention": { "type": "se", "ratio": 0.25 } }`,
  ],
  ["ir_r1_k3_s1_e4_c16_se0", `{ "block": "inverted-residual", "expansion": 4, "channels": 16 }`],
  ["ds_r1_k3_s1_e1_c16_nre", `{ "block": "depthwise-separable", "channels": 16, "activation": "relu" }`],
  ["ds_r1_k3_s1_c16_noskip", `{ "block": "depthwise-separable", "channels": 16, "residual": false }`],
  [
    "dsa_r1_k3_s1_c16_nr6",
    `{ "block": "depthwise-separable", "channels": 16, "activation": "relu6", "pointwiseActivation": true, "residual": false }`,
  ],
  ["cn_r2_k3_s1_e1_c16", `{ "block": "conv-norm-act", "repeat": 2, "channels": 16, "residual": false }`],
  ["cn_r2_k3_s1_e1_c16_skip", `{ "block": "conv-norm-act", "repeat": 2, "channels": 16 }`],
  [
    "cn_r2_k3_s1_c32_gs8_nhs",
    `{ "block": "conv-norm-act", "repeat": 2, "channels": 32, "groupSize": 8, "residual": false, "activation": "hard_swish" }`,
  ],
  [
    "er_r1_k3_s2_e4_c24_nsw",
    `{ "block": "fused-inverted-residual", "stride": 2, "expansion": 4, "channels": 24, "activation": "silu" }`,
  ],
];

for (const [text, object] of equal) {
  test(`${text} is ${object}`, () => {
    assert.equal(blocksOf([`"${text}"`]), blocksOf([object]));
  });
}

test("the file's defaults fill in what se leaves open", () => {
  const more = [
    `"defaults": { "attention": { "se": { "ratio": 0.5, "ratioOf": "block-input", "gate": "hard_sigmoid" } } }`,
  ];
  const [block] = blocksOf([`"ir_r1_k3_s1_e4_c16_se0.25"`], more);
  assert.equal(block?.gates[0]?.options, {
    type: "se",
    ratio: 0.25,
    ratioOf: "block-input",
    divisor: 1,
    roundLimit: 0.9,
    squeeze: "average",
    activation: "relu",
    gate: "hard_sigmoid",
    bias: true,
    norm: false,
    epsilon: 0.00001,
  });
});

/** Strings and all that must be said of them, with the column of the token. */
const wrong: readonly (readonly [text: string, says: readonly string[]])[] = [
  ["", ['4:2 "" is not a block code']],
  ["irr_r1", ['4:2 "irr" is not a block code']],
  ["ir_r1_k3_s1_e4_c16_x3", ['4:21 "x3" is not an option of a block string']],
  ["ir_r1_k3_s1_e4_c", ['4:17 c needs a number after it, got ""']],
  ["ir_r1_k3_s1_e4_c16_c16", ["4:21 c is given twice"]],
  ["ir_r1_k3_s1_c16", ["4:1 e is missing: expansion factor"]],
  ["ir_k3_s1_e4", ["4:1 r is missing: blocks of the stage", "4:1 c is missing: output channels"]],
  ["ir_r1_k3_s1_e4_c16_nzz", ['4:21 "zz" is not an activation code']],
  ["ir_r1_k3_s1_e4_c16_cc4", ["4:21 cc4 needs conditional convolution, which ecagen's blocks don't have"]],
  ["ir_r1_k3_s1_e4_c16_gs2", ["4:21 inverted-residual blocks have no groups of 2: only gs1 is possible"]],
  ["ds_r1_k3_s1_e2_c16", ["4:14 a depthwise-separable block has no expansion: only e1 is possible"]],
  ["cn_r1_k3_s1_c16_se0.25", ["4:18 a conv-norm-act block has no gate"]],
  ["r1_k3_s11_e1_i24_o16", ["4:15 the stage's input has 16 channels, not 24"]],
  ["ir_r0_k4_s1_e4_c16", ["4:5 must be at least 1, got 0", "4:8 the kernel must be odd, got 4"]],
  ["ir_r1_k4_s1_e4_c16", ["4:8 the kernel must be odd, got 4"]],
  ["ir_r1_k1_s3_e4_c16", ["4:11 a stride of 3 on a 1x1 kernel skips pixels"]],
  ["ir_r2_k3.5_s1_e4_c16", ["4:8 expected integer, got 3.5"]],
  ["ir_r1_k3_s1_e4_c99999", ["4:17 must be at most 65536, got 99999"]],
  ["ir_r1_k3_s1_e4_c16_se0.001", ["4:21 a ratio of 0.001 leaves 0 of 64 channels: nothing to squeeze to"]],
];

for (const [text, says] of wrong) {
  test(`${JSON.stringify(text)} is refused at its token`, () => {
    assert.equal(briefly(problems(specText([`"${text}"`]))), says);
  });
}

test("in a literal with escapes the whole literal is the place", () => {
  assert.equal(briefly(problems(specText([String.raw`"\u0069r_r1_k4_s1_e4_c16"`]))), [
    "4:1 the kernel must be odd, got 4",
  ]);
});

test("all tokens of all strings at once", () => {
  assert.equal(briefly(problems(specText([`"ir_r1_q3_s1_e4_cx"`, `"cn_r1_k2_s1_c16"`]))), [
    '4:8 "q3" is not an option of a block string',
    '4:17 "cx" is not an option of a block string',
    "5:8 the kernel must be odd, got 2",
  ]);
});

test.run();
