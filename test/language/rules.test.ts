import { suite } from "uvu";
import * as assert from "uvu/assert";
import { specRules } from "../../src/language/rules/registry.js";
import { blocksOf, problems, specText } from "./support.js";

const test = suite("spec: rules");

/** Stages, and more keys of the spec. */
type Example = readonly [stages: readonly string[], more?: readonly string[]];

/** Stages, more keys, and path, place and message of everything that is said of them. */
type WrongExample = readonly [stages: readonly string[], more: readonly string[], says: readonly string[]];

interface RuleExamples {
  readonly fine: readonly Example[];
  readonly wrong: readonly WrongExample[];
}

const ir = (more: string): string =>
  `{ "block": "inverted-residual", "channels": 16, "expansion": 4, ${more} }`;
const conv = (more: string): string => `{ "block": "conv-norm-act", "channels": 24, ${more} }`;

/** Attention augmentation in the place of a bottleneck's spatial convolution. */
const AA_AS_CONVOLUTION = `"attention": { "type": "aa", "heads": 2, "position": "convolution" }`;

const examples: Readonly<Record<string, RuleExamples>> = {
  KernelIsOdd: {
    fine: [[[ir(`"kernel": 1`), ir(`"kernel": 63`)]]],
    wrong: [
      [[ir(`"kernel": 2`)], [], ["$.stages[0].kernel 4:75 the kernel must be odd, got 2"]],
      [[ir(`"kernel": 3`), ir(`"kernel": 4`)], [], ["$.stages[1].kernel 5:75 the kernel must be odd, got 4"]],
      [[ir(`"kernels": [3, 4]`)], [], ["$.stages[0].kernels[1] 4:80 the kernel must be odd, got 4"]],
      [
        [`{ "block": "basic", "channels": 16, "shortcutKernel": 2 }`],
        [],
        ["$.stages[0].shortcutKernel 4:55 the kernel must be odd, got 2"],
      ],
    ],
  },
  StrideFitsKernel: {
    fine: [[[ir(`"kernel": 3, "stride": 3`)]], [[`"cn_r1_k1_s1_c8"`]]],
    wrong: [
      [[`"cn_r1_k3_s4_c8"`], [], ["$.stages[0].stride 4:11 a stride of 4 on a 3x3 kernel skips pixels"]],
    ],
  },
  GroupsAreGivenOnce: {
    fine: [[[conv(`"groups": 8`), conv(`"groupSize": 12`)]]],
    wrong: [
      [
        [conv(`"groups": 2, "groupSize": 8`)],
        [],
        ["$.stages[0].groupSize 4:71 `groups` and `groupSize` can't both be given"],
      ],
    ],
  },
  GroupsDivideChannels: {
    fine: [
      [[conv(`"groups": 8, "repeat": 2`)]],
      [[conv(`"groupSize": 8, "repeat": 2`)]],
      [[`{ "block": "bottleneck", "channels": 64, "groups": 16 }`]],
    ],
    wrong: [
      [
        [ir(`"expandGroups": 3, "projectGroups": 3`)],
        [],
        [
          "$.stages[0].expandGroups 4:81 3 groups must divide the 16 input and 64 output channels",
          "$.stages[0].projectGroups 4:101 3 groups must divide the 64 input and 16 output channels",
        ],
      ],
      [
        [`{ "block": "bottleneck", "channels": 64, "groups": 32 }`],
        [],
        ["$.stages[0].groups 4:52 32 groups must divide the 16 channels of the spatial convolution"],
      ],
      [
        [conv(`"groups": 16`)],
        [],
        ["$.stages[0].groups 4:55 16 groups must divide the 16 input and 24 output channels"],
      ],
      [
        [conv(`"groups": 24`)],
        [],
        ["$.stages[0].groups 4:55 24 groups must divide the 16 input and 24 output channels"],
      ],
      [
        [conv(`"groupSize": 3`)],
        [],
        ["$.stages[0].groupSize 4:58 16 input channels can't be split into groups of 3"],
      ],
      [
        [conv(`"groupSize": 1`)],
        [],
        ["$.stages[0].groupSize 4:58 16 groups must divide the 16 input and 24 output channels"],
      ],
    ],
  },
  ResidualNeedsEqualShapes: {
    fine: [[[ir(`"residual": true, "repeat": 3`)]], [[conv(`"residual": false`)]]],
    wrong: [
      [
        [ir(`"stride": 2, "residual": true`)],
        [],
        ["$.stages[0].residual 4:90 a block of stride 2 can't add its input to its output"],
      ],
      [
        [conv(`"residual": true`)],
        [],
        ["$.stages[0].residual 4:57 a block from 16 to 24 channels can't add its input to its output"],
      ],
    ],
  },
  UnexpandedBlocksKeepTheirChannels: {
    fine: [[[`{ "block": "inverted-residual", "channels": 16, "expansion": 1, "expansionLayer": false }`]]],
    wrong: [
      [
        [ir(`"expansionLayer": false`)],
        [],
        ["$.stages[0].expansionLayer 4:83 an expansion of 4 needs its expansion layer"],
      ],
    ],
  },
  ScaledChannelsStayInRange: {
    fine: [[[conv(`"kernel": 1`)], [`"scaling": { "width": 64 }`]]],
    wrong: [
      [
        [`"cn_r1_k3_s1_c2048"`],
        [`"scaling": { "width": 33 }`],
        ["$.stages[0].channels 4:14 scaled, these are 67584 channels; at most 65536 are possible"],
      ],
      [
        [`"ir_r2_k3_s1_e60_c1200"`],
        [],
        ["$.stages[0].expansion 4:14 this expands to 72000 channels; at most 65536 are possible"],
      ],
    ],
  },
  MapStaysLargeEnough: {
    fine: [
      [[`"cn_r1_k3_s2_c8"`], [`"input": { "height": 3, "width": 3 }`]],
      [[`"ir_r2_k5_s1_e1_c8"`], [`"input": { "height": 2, "width": 2 }`]],
    ],
    wrong: [
      [
        [`"cn_r1_k3_s2_c8"`],
        [`"input": { "height": 64, "width": 2 }`],
        ["$.stages[0].stride 4:11 the feature map has 32x1 pixels here: too few for a stride of 2"],
      ],
      [
        [`"cn_r1_k3_s2_c8"`],
        [`"input": { "height": 1, "width": 1 }`, `"defaults": { "padding": "same" }`],
        ["$.stem.stride 2:9 the feature map has 1x1 pixels here: too few for a stride of 2"],
      ],
    ],
  },
  AttentionFitsItsSite: {
    fine: [
      [[ir(`"attention": { "type": "se", "ratio": 0.01 }`)]],
      [[ir(`"attention": { "type": "eca", "kernels": [3] }`)]],
    ],
    wrong: [
      [
        [ir(`"attention": { "type": "se", "ratio": 0.001 }`)],
        [],
        ["$.stages[0].attention 4:78 a ratio of 0.001 leaves 0 of 64 channels: nothing to squeeze to"],
      ],
      [
        [`"cn_r1_k3_s1_c16"`, ir(`"repeat": 2, "attention": { "type": "eca", "kernels": [3] }`)],
        [],
        ["$.stages[1].attention 5:91 `kernels` has 1 values and none for stage 1"],
      ],
    ],
  },
  ShortcutsFitTheirBranch: {
    fine: [
      [[`{ "block": "basic", "channels": 24, "shortcut": "zero-pad" }`]],
      [[`{ "block": "basic", "channels": 8, "shortcut": "zero-pad", "residual": false }`]],
      [[`{ "block": "basic", "channels": 24, "stride": 3 }`]],
      [
        [`{ "block": "basic", "channels": 24, "stride": 3, "shortcut": "average-pool" }`],
        [`"defaults": { "padding": "same" }`],
      ],
    ],
    wrong: [
      [
        [`{ "block": "basic", "channels": 8, "shortcut": "zero-pad" }`],
        [],
        ["$.stages[0].shortcut 4:48 zeros can't make 8 of 16 channels"],
      ],
      [
        [`{ "block": "basic", "channels": 24, "stride": 3, "shortcut": "average-pool" }`],
        [],
        [
          `$.stages[0].stride 4:47 a shortcut of "average-pool" with a stride of 3 is not as large as its branch`,
        ],
      ],
    ],
  },
  GatesHaveAPlace: {
    fine: [
      [[`{ "block": "bottleneck", "channels": 32, "attention": { "type": "eca", "position": "spatial" } }`]],
      [
        [
          ir(
            `"stride": 2, "repeat": 2, "attention": { "type": "eca", "position": "identity", "blocks": [1] }`,
          ),
        ],
      ],
      [[`{ "block": "bottleneck", "channels": 32, ${AA_AS_CONVOLUTION} }`]],
      [
        [
          `{ "block": "bottleneck", "channels": 32, "stride": 2, "strideAt": "reduce", ${AA_AS_CONVOLUTION} }`,
        ],
      ],
    ],
    wrong: [
      [
        [`{ "block": "bottleneck", "channels": 32, "stride": 2, ${AA_AS_CONVOLUTION} }`],
        [],
        [
          "$.stages[0].attention.position 4:108 the spatial convolution of block 0 changes the map, which no gate can do in its place",
        ],
      ],
      [
        [`{ "block": "bottleneck", "channels": 32, "reduceRatio": 0.5, ${AA_AS_CONVOLUTION} }`],
        [],
        [
          "$.stages[0].attention.position 4:115 the spatial convolution of block 0 changes the map, which no gate can do in its place",
        ],
      ],
      [
        [`{ "block": "basic", "channels": 16, "attention": { "type": "eca", "position": "spatial" } }`],
        [],
        [`$.stages[0].attention.position 4:79 a block of type basic has no place "spatial" for a gate`],
      ],
      [
        [ir(`"stride": 2, "attention": { "type": "eca", "position": "identity" }`)],
        [],
        [
          "$.stages[0].attention.position 4:120 block 0 of the stage has no shortcut that a gate could stand in",
        ],
      ],
      [
        [`{ "block": "basic", "channels": 16, "attention": { "type": "eca", "blocks": [0, 1] } }`],
        [],
        ["$.stages[0].attention.blocks[1] 4:81 there is no block 1: the stage has 1, and the first is 0"],
      ],
    ],
  },
  DropPathNeedsAResidual: {
    fine: [
      [[`"cn_r2_k3_s1_c16_skip"`], [`"dropPath": 0.2`]],
      [[`"cn_r1_k3_s1_c16"`], [`"dropPath": 0`]],
    ],
    wrong: [
      [
        [`"cn_r2_k3_s1_c16"`],
        [`"dropPath": 0.2`],
        ["$.dropPath 6:13 a rate of 0.2 has no effect: no block has a residual"],
      ],
    ],
  },
  NetworkIsNotTooDeep: {
    fine: [[[`"cn_r256_k3_s1_c8"`], [`"scaling": { "depth": 16 }`]]],
    wrong: [
      [
        [`"cn_r256_k3_s1_c8"`, `"cn_r1_k3_s1_c8"`],
        [`"scaling": { "depth": 16 }`],
        ["$.stages 3:11 the stages have 4112 blocks; at most 4096 are possible"],
      ],
    ],
  },
  PreactivatedBlocksEndInAConvolution: {
    fine: [
      [[`{ "block": "basic", "channels": 24, "branchActivation": true, "shortcut": "conv-average-pool" }`]],
    ],
    wrong: [
      [
        [
          `{ "block": "basic", "channels": 24, "preactivation": true, "branchActivation": true, "shortcut": "conv-average-pool" }`,
        ],
        [],
        [
          "$.stages[0].branchActivation 4:80 a block with `preactivation` has no activation there",
          "$.stages[0].shortcut 4:98 a block with `preactivation` has no activation there",
        ],
      ],
    ],
  },
  FeaturesHaveAPlace: {
    fine: [
      [
        [`"cn_r1_k3_s2_c8"`, `"cn_r1_k3_s2_c8"`],
        [`"features": ["C1", "C3", { "name": "last", "stage": 0 }]`],
      ],
    ],
    wrong: [
      [
        [`"cn_r1_k3_s2_c8"`],
        [`"features": ["C2", "C5"]`],
        ["$.features[1] 6:20 the network has no level C5: no map has the stride 32"],
      ],
      [
        [`"cn_r1_k3_s2_c8"`],
        [
          `"features": [{ "name": "a", "stage": 1 }, { "name": "b" }, { "name": "c", "stage": 0, "level": "C2" }]`,
        ],
        [
          "$.features[0] 6:14 there is no stage 1: the last is 0",
          "$.features[1] 6:43 b must have a `level` or a `stage`",
          "$.features[2] 6:60 c must have a `level` or a `stage`, not both",
        ],
      ],
      [
        [`"cn_r1_k3_s2_c8"`],
        [`"features": ["C2", { "name": "map", "stage": 0 }]`],
        ["$.features[1] 6:20 map and C2 are the same map"],
      ],
    ],
  },
  OutputsHaveNamesOfTheirOwn: {
    fine: [[[`"cn_r1_k3_s2_c8"`], [`"features": [{ "name": "p2", "level": "C2" }, "C1"]`]]],
    wrong: [
      [
        [`"cn_r1_k3_s2_c8"`],
        [`"features": ["C1", { "name": "C1", "stage": 0 }]`],
        ['$.features[1] 6:20 the name "C1" is taken'],
      ],
      [
        [`"cn_r1_k3_s2_c8"`],
        [`"features": [{ "name": "logits", "level": "C1" }, { "name": "input", "stage": 0 }]`],
        ['$.features[0] 6:14 the name "logits" is taken', '$.features[1] 6:51 the name "input" is taken'],
      ],
    ],
  },
  NetworksHaveAnOutput: {
    fine: [[[`"cn_r1_k3_s1_c8"`], [`"head": { "classifier": false }`, `"features": ["C1"]`]]],
    wrong: [
      [
        [`"cn_r1_k3_s1_c8"`],
        [`"head": { "classifier": false }`],
        ["$.head.classifier 6:25 a network without a classifier needs `features` as its outputs"],
      ],
    ],
  },
  PreprocessingFitsTheInput: {
    fine: [
      [[`"cn_r1_k3_s1_c8"`], [`"preprocessing": { "mean": [0.4, 0.5, 0.6], "std": [1] }`]],
      [[`"cn_r1_k3_s1_c8"`], [`"input": { "channels": 1 }`]],
    ],
    wrong: [
      [
        [`"cn_r1_k3_s1_c8"`],
        [`"preprocessing": { "mean": [0.4, 0.5], "std": [1, 1, 1, 1] }`],
        [
          "$.preprocessing.mean 6:28 mean has 2 numbers for an input of 3 channels",
          "$.preprocessing.std 6:47 std has 4 numbers for an input of 3 channels",
        ],
      ],
    ],
  },
  LabelsNameEachClass: {
    fine: [[[`"cn_r1_k3_s1_c8"`], [`"head": { "classes": 2 }`, `"labels": ["cat", "dog"]`]]],
    wrong: [
      [
        [`"cn_r1_k3_s1_c8"`],
        [`"head": { "classes": 3 }`, `"labels": ["cat", "dog"]`],
        ["$.labels 7:11 there are 2 labels for 3 classes"],
      ],
      [
        [`"cn_r1_k3_s1_c8"`],
        [`"head": { "classifier": false }`, `"features": ["C1"]`, `"labels": ["cat", "dog"]`],
        ["$.labels 8:11 there are 2 labels, and the network has no classifier"],
      ],
    ],
  },
};

for (const { name, doc } of specRules) {
  const { fine = [], wrong = [] } = examples[name] ?? {};
  const code = `spec/${name.replace(/[A-Z]/g, (letter, at) => (at === 0 ? "" : "-") + letter.toLowerCase())}`;

  test(`${name} has a reason and examples of both sides`, () => {
    assert.match(doc, /\.$/);
    assert.ok(fine.length > 0 && wrong.length > 0);
  });

  for (const [stages, more] of fine) {
    test(`${name}: ${stages.join(", ")} is fine`, () => {
      assert.ok(blocksOf(stages, more).length > 0);
    });
  }

  for (const [stages, more, says] of wrong) {
    test(`${name}: ${stages.join(", ")} is not`, () => {
      const found = problems(specText(stages, more));
      assert.equal(
        found.map(({ path, line, column, message }) => `${path} ${line}:${column} ${message}`),
        says,
      );
      assert.equal([...new Set(found.map((each) => each.code))], [code]);
    });
  }
}

test("an even kernel of the stem", () => {
  const [problem] = problems(`{ "stem": { "channels": 8, "kernel": 2 }, "stages": ["cn_r1_k3_s1_c8"] }`);
  assert.is(problem?.path, "$.stem.kernel");
});

test.run();
