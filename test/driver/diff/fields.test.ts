import { suite } from "uvu";
import type * as z from "zod";
import { BLOCK_TYPES, blockKinds } from "../../../src/language/blocks/registry.js";
import { specSchemasFor } from "../../../src/language/schema.js";
import {
  amidPlain,
  assertFields,
  assertShown,
  below,
  given,
  HEAD,
  type Json,
  spec,
  specFolder,
  type Written,
} from "./changed-specs.js";
import { type Field, fieldsOf, withValue } from "./second-values.js";

const test = suite("driver: diff shows every field of a spec");

test.before(specFolder.make);
test.after(specFolder.remove);

/** Stages of each kind in which its fields mean something, `CHANGED` is the one whose fields are changed. */
const STAGES: Readonly<Record<string, readonly Json[]>> = {
  "conv-norm-act": [{}, { groupSize: 4 }],
  "depthwise-separable": [{}],
  "inverted-residual": [{ expansion: 4 }, { expansion: 1 }, { expansion: 4, kernels: [3, 5] }],
  "fused-inverted-residual": [{ expansion: 4 }],
  basic: [{}, { stride: 2 }, { preactivation: true }],
  bottleneck: [
    {},
    { stride: 2 },
    { preactivation: true },
    { stride: 2, strideAt: "reduce", attention: { type: "aa", heads: 2, position: "convolution" } },
  ],
};

/** Sections that have tests of their own. */
const SECTIONS = [
  "blocks",
  "stages",
  "passes",
  "features",
  "attention",
  "defaults",
  "neck",
  "heads",
  "detection",
];
const root = specSchemasFor({}).spec;
const BLOCKS: readonly Json[] = [
  { block: "basic", channels: 8, repeat: 2, attention: { type: "eca" } },
  { block: "conv-norm-act", channels: 12 },
];

/**
 * A detector over two of three maps, with three anchors for each pixel. The other heads are like those that are read: what has another name is what
 * differs.
 */
function detector(classes: number, detection: Json): Json {
  const conv = (channels: number): Json => ({
    layer: "conv",
    channels,
    norm: false,
    bias: true,
    activation: "none",
  });
  const head = (name: string, values: number): Json => ({
    name,
    from: ["c2", "c3"],
    output: { values },
    layers: [conv(3 * values)],
  });
  const stage = { block: "conv-norm-act", channels: 8, stride: 2 };
  return {
    input: { height: 24, width: 24 },
    stem: { channels: 8 },
    stages: [{ ...stage, as: "c2" }, { ...stage, as: "c3" }, stage],
    // A second value of a name is that name with an x behind it.
    heads: ["", "x"].flatMap((end) => [
      head(`classes${end}`, classes),
      head(`moves${end}`, 4),
      head(`sure${end}`, 1),
    ]),
    detection: {
      scores: "classes",
      boxes: "moves",
      anchors: { sizes: [[16], [32]], ratios: [0.5, 1, 2] },
      candidates: 60,
      ...detection,
    },
    features: ["C4"],
    head: { classifier: false },
  };
}

const REGIONS = {
  from: ["c2", "c3"],
  classes: 4,
  proposals: { count: 30 },
  box: { channels: [8], hidden: [16] },
  mask: { channels: [8], hidden: 8 },
};

/** Three anchors of each of two maps. */
const SHAPES = [
  [
    [8, 12],
    [10, 10],
    [16, 9],
  ],
  [
    [20, 24],
    [30, 28],
    [18, 36],
  ],
];

test("the fields of detection", () => {
  // Of the maps that regions are cut out of there is a test below.
  const fields = fieldsOf(root).filter(({ path }) => path[0] === "detection" && path.at(-1) !== "from");
  const bases = [
    detector(4, {}),
    detector(1, { regions: REGIONS }),
    detector(4, { confidence: { of: "sure" } }),
    detector(4, { anchors: { shapes: SHAPES } }),
  ];
  const isName = ({ path }: Field): boolean => ["scores", "boxes", "of"].includes(String(path.at(-1)));
  assertFields(
    bases,
    fields.filter((field) => !isName(field)),
    /./,
  );
  // Of heads that are alike a file does not say which one is read.
  assertFields(bases, fields.filter(isName), /./, { inFiles: false });
});

test("which maps regions are cut out of", () => {
  const over = (from: readonly string[]): Written => given(detector(1, { regions: { ...REGIONS, from } }));
  for (const from of [
    ["c3", "C4"],
    ["c2", "c3", "C4"],
  ])
    assertShown(over(REGIONS.from), over(from), /^[/]regions/, from.join());
});

test("the spec's own fields", () => {
  const fields = fieldsOf(root).filter(({ path }) => !SECTIONS.includes(String(path[0])));
  const labels = Array.from({ length: HEAD.classes }, (_, i) => `class ${i}`);
  const padded = withValue(spec({ stages: BLOCKS, labels }), ["stem", "pool", "padding"], "ceil") as Json;
  const mobile = spec({ stages: BLOCKS, head: { ...HEAD, poolFirst: true, minChannels: 40 } });
  const backbone = spec({ stages: BLOCKS, features: ["C2"] });
  const roundedDown = withValue(spec({ stages: BLOCKS }), ["scaling", "rounding"], "down") as Json;
  const preactivated = spec({
    stages: [{ block: "basic", channels: 8, preactivation: true }],
    head: { ...HEAD, preactivation: true },
    stem: { channels: 8, normalized: false },
  });
  const fitting = spec({ stages: BLOCKS, preprocessing: { resize: "fit", padding: {} } });
  const signal: Json = {
    input: { channels: 3, length: 48 },
    stem: { channels: 8 },
    stages: [{ block: "conv-norm-act", channels: 8 }],
    head: HEAD,
  };
  assertFields([padded, mobile, backbone, roundedDown, preactivated, fitting, signal], fields, /./);
});

test("defaults", () => {
  const fields = below(
    ["defaults"],
    fieldsOf(root.shape.defaults).filter(({ path }) => path[0] !== "attention"),
  );
  assertFields([spec({ stages: BLOCKS }), spec({ stages: [{ ...BLOCKS[1], groups: 4 }] })], fields, /./);
});

test("features", () => {
  const fields = (
    root.shape.features.def.innerType.element.unwrap() as unknown as z.ZodUnion
  ).options.flatMap((option) => fieldsOf(option as z.ZodType));
  const bases = [[{ name: "map", level: "C2" }], [{ name: "map", stage: 0 }], ["C1"]].map((features) =>
    spec({ stages: [BLOCKS[0], { ...BLOCKS[1], channels: 8 }], features }),
  );
  const unnamed = fields.filter(({ path }) => path[0] !== "from");
  assertFields(bases, below(["features", 0], unnamed), /^map|^C\d/);
  const named = (from: string): Json =>
    spec({
      stages: [
        { ...BLOCKS[0], as: "a" },
        { ...BLOCKS[1], channels: 8, as: "b" },
        { block: "conv-norm-act", channels: 12, from: { sum: ["a", "b"] } },
      ],
      features: [{ name: "map", from }],
    });
  assertShown(given(named("a")), given(named("b")), /^map/, "the named map of a feature");
  // The same outputs in another order, and another map of the same shape.
  const two = (...names: readonly string[]): Json =>
    spec({
      stages: [BLOCKS[0], { ...BLOCKS[1], channels: 8 }],
      features: names.map((name) => ({ name, stage: name === "a" ? 0 : 1 })),
    });
  assertShown(given(two("a", "b")), given(two("b", "a")), /^order$/, "the order of features");
});

for (const block of BLOCK_TYPES) {
  const specOf = (stage: Json): Json => amidPlain({ block, ...stage });
  test(`fields of ${block}`, () => {
    const fields = fieldsOf(blockKinds[block].schema).filter(
      ({ path }) => !["block", "attention", "as", "from"].includes(String(path[0])),
    );
    const bases = (STAGES[block] ?? []).map((stage) =>
      specOf({ attention: { type: "se", ratio: 0.25 }, ...stage }),
    );
    assertFields(bases, below(["stages", 1], fields), /^[/]stages[/]1[/]/);
  });
}

test("which named maps a stage begins with, and how they are joined", () => {
  const plain = { block: "conv-norm-act", channels: 8 };
  const specOf = (from: Json | string): Json =>
    spec({
      stages: [
        { ...plain, as: "a" },
        { ...plain, as: "b" },
        { ...plain, from: { sum: ["a", "b"] }, as: "c" },
        { ...plain, from },
        plain,
      ],
      features: [{ name: "map", from: "c" }],
    });
  const base = given(specOf({ sum: ["a", "b"] }));
  for (const from of ["a", "b", { mean: ["a", "b"] }, { product: ["a", "b"] }, { sum: ["a", "c"] }]) {
    assertShown(base, given(specOf(from)), /^[/]stages[/]3[/]/, JSON.stringify(from));
  }
});

test("necks and heads", () => {
  const conv = { layer: "conv", channels: 8, kernel: 3 };
  const neck = {
    layers: [
      { ...conv, as: "b2" },
      { ...conv, from: "a", as: "a2" },
    ],
  };
  const head = { name: "boxes", from: ["a2", "b2"], layers: [conv, { ...conv, channels: 4, norm: false }] };
  const plain = { block: "conv-norm-act", channels: 8 };
  const specOf = (ofNeck: Json, ofHead: Json): Json =>
    spec({
      stages: [{ ...plain, as: "a" }, plain],
      neck: { ...neck, ...ofNeck },
      heads: [
        { ...head, ...ofHead },
        { name: "last", from: "boxes", layers: [{ layer: "activation" }] },
      ],
    });
  const base = given(specOf({}, {}));
  const changed: readonly (readonly [Json, Json, RegExp])[] = [
    [{ activation: "tanh" }, {}, /^[/]neck/],
    [
      {
        layers: [
          { ...conv, as: "b2" },
          { ...conv, from: "a", bias: true, as: "a2" },
        ],
      },
      {},
      /^[/]neck/,
    ],
    [
      {
        layers: [
          { ...conv, from: "a", as: "b2" },
          { ...conv, from: "a", as: "a2" },
        ],
      },
      {},
      /./,
    ],
    [{}, { activation: "tanh" }, /^[/]heads[/]boxes/],
    [{}, { share: "none" }, /^[/]heads[/]boxes/],
    [{}, { share: "all-but-norms" }, /^[/]heads[/]boxes/],
    [{}, { from: ["b2", "a2"] }, /./],
    [{}, { name: "others", from: ["a2", "b2"] }, /./],
    [{}, { output: { values: 4 } }, /./],
    [{}, { output: { values: 2 } }, /./],
    [{}, { output: "none" }, /./],
    [{}, { layers: [conv] }, /^[/]heads[/]boxes/],
  ];
  for (const [ofNeck, ofHead, at] of changed) {
    const what = JSON.stringify([ofNeck, ofHead]);
    const other =
      ofHead.name === undefined
        ? specOf(ofNeck, ofHead)
        : (JSON.parse(JSON.stringify(specOf(ofNeck, {})).replaceAll('"boxes"', '"others"')) as Json);
    assertShown(base, given(other), at, what);
  }
  const rows = (order: string): Json => specOf({}, { output: { values: 2, order } });
  assertShown(given(rows("pixels")), given(rows("anchors")), /^[/]heads[/]boxes/, "the order of rows");
});

test.run();
