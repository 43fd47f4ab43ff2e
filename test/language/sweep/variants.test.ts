import { suite } from "uvu";
import * as assert from "uvu/assert";
import { diagnosticToJson } from "../../../src/base/diagnostic.js";
import { loadSweep } from "../../../src/language/sweep/load.js";
import type { BaseFacts } from "../../../src/language/sweep/points.js";
import { type SweepVariant, variantsOf } from "../../../src/language/sweep/variants.js";

const test = suite("language: the variants of a sweep");

const SE: BaseFacts = {
  kind: "spec",
  hash: "se",
  gates: [
    { at: "/stages/0/blocks/0/attention", type: "se", stage: 0 },
    { at: "/stages/1/blocks/0/attention", type: "se", stage: 1 },
  ],
  expandedStages: [1],
};
const FILE: BaseFacts = { ...SE, kind: "onnx", hash: "file", expandedStages: [] };

function variants(sweep: object, facts: readonly BaseFacts[] = [SE]) {
  const problems: string[] = [];
  const base = facts.map(({ hash, kind }) => (kind === "onnx" ? `${hash}.onnx` : hash));
  const loaded = loadSweep({ file: "s.json", text: JSON.stringify({ base, ...sweep }) });
  const made = variantsOf(loaded, facts, (code, message, path, { hint } = {}) => {
    const { code: said, path: at } = diagnosticToJson({ code, message, path, hint });
    problems.push(`${said} ${at}`);
  });
  return { made, problems };
}

/** The flags of each variant. */
function flags(sweep: object, facts?: readonly BaseFacts[]): readonly string[] {
  const { made, problems } = variants(sweep, facts);
  assert.equal(problems, []);
  return made.map(({ set, passes = "", resolution = "" }) =>
    [...set, ...(passes === "" ? [] : [passes]), String(resolution)].join(" ").trim(),
  );
}

test("a grid has all combinations, the last axis the fastest", () => {
  assert.equal(flags({ axes: { width: [1, 2], "head.classes": [10, 20] } }), [
    "scaling.width=1 head.classes=10",
    "scaling.width=1 head.classes=20",
    "scaling.width=2 head.classes=10",
    "scaling.width=2 head.classes=20",
  ]);
});

test("each word stands for fields, flags or passes", () => {
  const of = (settings: object): string => flags({ list: [settings] })[0] ?? "";
  assert.is(of({ width: 1.5 }), "scaling.width=1.5");
  assert.is(of({ depth: 2 }), "scaling.depth=2");
  assert.is(of({ expansion: 4 }), "stages[1].expansion=4");
  assert.is(of({ resolution: 128 }), "128");
  assert.is(of({ gates: "kept" }), "");
  assert.is(of({ gates: "none" }), "remove-attention");
  assert.is(of({ gates: "eca" }), "swap-attention{to=eca}");
  assert.is(of({ gates: { type: "eca", kernel: 5 } }), "swap-attention{to={type=eca,kernel=5}}");
  assert.is(of({ gates: "eca", kRule: { gamma: 1 } }), "swap-attention{to={type=eca,gamma=1}}");
  assert.is(of({ gates: "cbam", reduction: 8 }), "swap-attention{to={type=cbam,reduction=8}}");
  assert.is(of({ reduction: 4 }), "swap-attention{from=se,to={type=se,reduction=4}}");
  assert.is(of({ gatedStages: [1] }), "remove-attention{at={stages=[0]}}");
  assert.is(of({ gatedStages: [0, 1] }), "");
  assert.is(of({ "defaults.activation": "relu" }), "defaults.activation=relu");
  assert.is(of({ "head.dropout": null }), "head.dropout=null");
  assert.is(of({ name: "5" }), 'name="5"');
});

test("what says nothing of a variant makes no other one", () => {
  const { made } = variants({
    axes: { gates: ["eca", "none"], kRule: [{ gamma: 1 }, { gamma: 2 }], gatedStages: [[0], [1]] },
  });
  assert.is(made.length, 4 + 1);
  assert.equal(made.at(-1)?.settings, { gates: "none" });
  assert.equal(
    made.map(({ index }) => index),
    [0, 1, 2, 3, 4],
  );
});

test("an axis that applies to no variant is refused", () => {
  const kRule = [{ gamma: 1 }, { gamma: 3 }];
  assert.equal(variants({ axes: { kRule, width: [1, 2] } }).problems, ["sweep/field $.axes.kRule"]);
  const bare = { ...SE, gates: [], expandedStages: [] };
  assert.equal(variants({ axes: { reduction: [4], gatedStages: [[0]], expansion: [3] } }, [bare]).problems, [
    "sweep/field $.axes.reduction",
    "sweep/field $.axes.gatedStages",
    "sweep/field $.axes.expansion",
  ]);
  // Of one base it says something; a sample may have missed it.
  assert.equal(variants({ axes: { expansion: [3] } }, [bare, SE]).problems, []);
  assert.equal(variants({ axes: { kRule }, sample: { count: 1 } }).problems, []);
});

test("a sample of more than there are different combinations is refused", () => {
  const repeated = { axes: { width: Array.from({ length: 10 }, () => 1) }, sample: { count: 3 } };
  assert.equal(variants(repeated).problems, ["sweep/size $.sample.count"]);
  const narrow = { axes: { width: { from: 1, to: 1.000001 } }, sample: { count: 5 } };
  assert.equal(variants(narrow).problems, ["sweep/size $.sample.count"]);
});

test("the gates of a file one by one", () => {
  const { made } = variants({ axes: { eachGate: ["kept", "eca", "none"] } }, [FILE]);
  assert.is(made.length, 9);
  assert.is(made[0]?.passes, undefined);
  assert.is(
    made[5]?.passes,
    "swap-attention{to=eca,at={path=/stages/0/blocks/0/attention}},remove-attention{at={path=/stages/1/blocks/0/attention}}",
  );
  assert.equal(made[5]?.settings, {
    "gate /stages/0/blocks/0/attention": "eca",
    "gate /stages/1/blocks/0/attention": "none",
  });
});

test("what a base has not is refused at its key", () => {
  const { problems } = variants({ axes: { width: [1], "head.classes": [2], gates: ["eca"] } }, [SE, FILE]);
  assert.equal(problems, ["sweep/field $.axes.width", 'sweep/field $.axes["head.classes"]']);
  assert.equal(variants({ axes: { eachGate: ["eca"] } }, [{ ...SE, gates: [] }]).problems, [
    "sweep/field $.axes.eachGate",
  ]);
  assert.equal(variants({ list: [{ eachGate: "eca" }] }).problems, ["sweep/field $.list[0].eachGate"]);
  const large = {
    axes: { "head.classes": { from: 1, to: 1000, step: 1 }, width: { from: 1, to: 10, step: 0.01 } },
  };
  assert.equal(variants(large).problems, ["sweep/size $.axes"]);
  assert.equal(variants({ axes: { width: [1, 2] }, sample: { count: 3 } }).problems, [
    "sweep/size $.sample.count",
  ]);
});

const AXES = {
  width: { from: 0.5, to: 2 },
  "head.classes": [1, 2, 3, 4],
  depth: { from: 0.1, to: 10, scale: "log" },
};

const sampled = (sample: object, axes: object = AXES): readonly SweepVariant[] =>
  variants({ axes, sample }).made;

test("a sample is what the seed says, each variant once, and an axis more changes no draw of another", () => {
  const [one, again, other] = [
    sampled({ count: 200 }),
    sampled({ count: 200 }),
    sampled({ count: 200, seed: 1 }),
  ];
  assert.equal(one, again);
  assert.is.not(one[0]?.id, other[0]?.id);
  assert.is(new Set(one.map(({ id }) => id)).size, 200);
  const widths = (made: readonly SweepVariant[]) => made.map(({ settings }) => settings.width);
  assert.equal(widths(sampled({ count: 200 }, { ...AXES, resolution: [1, 2] })), widths(one));
});

test("draws are spread over ranges and lists", () => {
  const made = sampled({ count: 1000 });
  const part = (holds: (settings: Readonly<Record<string, unknown>>) => boolean): number =>
    made.filter(({ settings }) => holds(settings)).length / 1000;
  // Of 1,000 draws a part of p is off by over 0.08 once in a million times at most.
  assert.ok(Math.abs(part(({ width }) => Number(width) < 1.25) - 0.5) < 0.08);
  assert.ok(Math.abs(part(({ depth }) => Number(depth) < 1) - 0.5) < 0.08);
  for (const classes of [1, 2, 3, 4])
    assert.ok(Math.abs(part((settings) => settings["head.classes"] === classes) - 0.25) < 0.08);
  assert.ok(
    made.every(
      ({ settings: { width, depth } }) =>
        Number(width) >= 0.5 && Number(width) <= 2 && Number(depth) >= 0.1 && Number(depth) <= 10,
    ),
  );
});

test("a sample of nearly all has each once, in their order", () => {
  const axes = { "head.classes": { from: 1, to: 100, step: 1 } };
  const made = sampled({ count: 99 }, axes);
  const classes = made.map(({ settings }) => Number(settings["head.classes"]));
  assert.equal(
    classes,
    [...new Set(classes)].sort((a, b) => a - b),
  );
  assert.is(made.length, 99);
});

test("the id is the same whatever else is in the sweep, and another for another base", () => {
  const ids = (sweep: object, facts?: readonly BaseFacts[]) =>
    variants(sweep, facts).made.map(({ id }) => id);
  const [id] = ids({ list: [{ width: 2 }] });
  assert.ok(ids({ axes: { width: [1, 2, 3] } }).includes(id ?? ""));
  assert.is.not(ids({ list: [{ width: 2 }] }, [{ ...SE, hash: "other" }])[0], id);
});

test.run();
