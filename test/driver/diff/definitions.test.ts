import { suite } from "uvu";
import * as assert from "uvu/assert";
import type * as z from "zod";
import { definedStageSchema } from "../../../src/language/definitions/definition.js";
import { LAYER_KINDS, type LayerKind, layerSchema } from "../../../src/language/definitions/layer-schema.js";
import { PASS_NAMES, passOf } from "../../../src/passes/registry.js";
import {
  assertFields,
  assertShown,
  below,
  given,
  type Json,
  shown,
  spec,
  specFolder,
} from "./changed-specs.js";
import { fieldsOf, inner, valueAt } from "./second-values.js";

const test = suite("driver: diff shows every field of definitions and passes");

test.before(specFolder.make);
test.after(specFolder.remove);

/** Options that a pass must have, or without which it does nothing. */
const PASSES: Readonly<Record<string, Json>> = {
  "swap-attention": { from: "se", to: { type: "eca" } },
  "insert-attention": { to: { type: "eca" }, at: { after: "spatial" } },
};
/** What must be done before a pass that wants primitives. */
const LOWERING = "strip-training,fold-batch-norm,lower-attention,lower-activation";
/** Passes that find nothing to do in a spec's network, and why. */
const IDLE_PASSES: Readonly<Record<string, string>> = {
  "raise-attention": "the gates are ops",
  "raise-activation": "the activations are ops",
  "specialize-gates": "the gates are ops",
  "absorb-factors": "no channels have constant factors",
  "fold-constants": "nothing is computed of constants",
  "standardize-weights": "no weights are standardised",
  simplify: "there is nothing to make simpler",
  "eliminate-common-subexpressions": "nothing is computed twice",
  "eliminate-dead-code": "everything is read",
};

/** Names of values, which have a test of their own. */
const NAMED = ["as", "from", "to", "weights", "keys", "values"];

/** Layers with which each field means something. */
const LAYERS: Readonly<Record<LayerKind, readonly Json[]>> = {
  conv: [
    { channels: 12, kernel: 3, stride: 2 },
    { channels: 12, kernel: 3, standardized: { gain: 1 } },
  ],
  "conv-transpose": [{ channels: 12 }],
  norm: [{}, { kind: "group", groups: 4, before: [{ layer: "conv", channels: 12 }] }],
  activation: [{}],
  pool: [{ kind: "average", stride: 2 }, { kind: "max" }],
  pad: [{ pads: [1, 1, 1, 1] }],
  scale: [{ factor: 0.5 }, { factor: 0.5, trained: "channels" }],
  "leaky-relu": [{}],
  prelu: [{}],
  "global-pool": [{ kind: "deviation" }],
  softmax: [{}],
  attend: [{ keys: "input", values: "input", kind: "linear", heads: 2 }],
  "blur-pool": [{}],
  "space-to-depth": [{ before: [{ layer: "upsample", factor: 12 }] }],
  "depth-to-space": [{ before: [{ layer: "conv", channels: 36 }] }],
  upsample: [{ factor: 2 }],
  slice: [{ start: 2, end: 6, before: [{ layer: "conv", channels: 12 }] }],
  shuffle: [{ groups: 4 }],
  value: [{ from: ["input", "input"] }],
  attention: [
    { before: [{ layer: "conv", channels: 12, kernel: 3 }], after: [{ layer: "conv", channels: 12 }] },
  ],
  block: [{ block: "inner", channels: 12, stride: 2, fields: { wide: 2 } }],
  repeat: [{ times: 2, layers: [{ layer: "conv", channels: 12 }] }],
  branches: [
    { branches: [[{ layer: "conv", channels: 12 }], [{ layer: "conv", channels: 12, kernel: 3 }]] },
    { branches: [[], [{ layer: "activation" }]] },
  ],
};

/** A block for those that have another in them. */
const INNER: Json = {
  inner: {
    fields: { wide: { default: 1 } },
    layers: [
      { layer: "conv", channels: "channels * wide", kernel: 3, stride: "stride" },
      { layer: "conv", channels: "channels" },
    ],
  },
};

for (const name of PASS_NAMES) {
  test(`the pass ${name} and its options`, () => {
    const gated = spec({
      stages: [
        {
          block: "bottleneck",
          channels: 32,
          attention: { type: "se", ratio: 0.25 },
          activation: "hard_swish",
        },
      ],
    });
    const before = name === "lower-precision" ? [LOWERING] : [];
    const entry = { pass: name, ...PASSES[name] };
    const without: Json = { ...gated, passes: before };
    const withPass: Json = { ...gated, passes: [...before, entry] };
    if (given(without).text !== given(withPass).text) assertShown(given(without), given(withPass), /./, name);
    else assert.ok(Object.hasOwn(IDLE_PASSES, name), `${name} changes nothing here`);
    const fields = fieldsOf(passOf(name).options).filter(({ path }) => !["to"].includes(String(path[0])));
    for (const field of fields)
      shown(withPass, { ...field, path: ["passes", before.length, ...field.path] }, /./);
  });
}

const variants = (inner(layerSchema) as z.ZodDiscriminatedUnion).options.map(
  (option) => inner(option as z.ZodType) as z.ZodObject,
);
for (const layer of LAYER_KINDS) {
  test(`a definition's layer ${layer}`, () => {
    const schema = variants.find(({ shape }) => (shape.layer as z.ZodType).safeParse(layer).success);
    assert.ok(schema);
    const bases = (LAYERS[layer] ?? []).map((own) => {
      const {
        before = [],
        after = [],
        ...more
      } = own as { before?: readonly Json[]; after?: readonly Json[] };
      const layers = [...before, { layer, ...more }, ...after];
      return spec({
        blocks: { own: { layers }, ...(layer === "block" ? INNER : {}) },
        stages: [
          { block: "own", attention: { type: "eca" } },
          { block: "conv-norm-act", channels: 12 },
        ],
      });
    });
    const path = (base: Json): readonly (string | number)[] => {
      const layers = valueAt(base, ["blocks", "own", "layers"]) as readonly Json[];
      return ["blocks", "own", "layers", layers.findIndex((each) => each.layer === layer)];
    };
    const fields = fieldsOf(schema).filter(
      ({ path: [key] }) =>
        !["layer", "layers", "branches", "attention", "block", "fields", ...NAMED].includes(String(key)),
    );
    for (const field of fields) {
      const found = bases.map((base) =>
        shown(base, { ...field, path: [...path(base), ...field.path] }, /^[/]stages[/]0[/]/),
      );
      assert.ok(Math.max(...found) > 0, `${layer} ${field.path.join(".")}`);
    }
  });
}

test("which block a layer is, and the fields that it says", () => {
  const withBlock = (layer: Json): Json =>
    spec({
      blocks: {
        ...INNER,
        other: { layers: [{ layer: "conv", channels: 12, kernel: 5 }] },
        own: { layers: [layer] },
      },
      stages: [{ block: "basic", channels: 8 }, { block: "own" }],
    });
  const inner = { layer: "block", block: "inner", channels: 12 };
  for (const changed of [
    { layer: "block", block: "other" },
    { ...inner, fields: { wide: 2 } },
  ])
    assertShown(
      given(withBlock(inner)),
      given(withBlock(changed)),
      /^[/]stages[/]1[/]/,
      JSON.stringify(changed),
    );
});

test("the gates that layers say, of blocks, neck and heads", () => {
  const gated = (attention: Json): Json =>
    spec({
      blocks: {
        own: {
          layers: [
            { layer: "conv", channels: 8 },
            { layer: "attention", attention },
          ],
        },
      },
      stages: [
        { block: "basic", channels: 8 },
        { block: "own", as: "fine" },
      ],
      neck: { layers: [{ layer: "attention", attention, as: "p" }] },
      heads: [{ name: "found", from: ["p", "fine"], layers: [{ layer: "attention", attention }] }],
    });
  const [before, after] = [gated({ type: "eca", kernel: 3 }), gated({ type: "eca", kernel: 5 })];
  for (const at of ["/stages/1/blocks/0/", "/neck/", "/heads/found/"])
    assertShown(given(before), given(after), new RegExp(`^${at}`), at);
});

test("which named values layers begin with, and how they are joined", () => {
  const wide = { layer: "conv", channels: 12, kernel: 3 };
  const specOf = (last: Json): Json =>
    spec({
      blocks: {
        own: {
          layers: [
            { ...wide, as: "a" },
            { ...wide, as: "b" },
            { layer: "activation", from: { sum: ["a", "b"] }, as: "c" },
            last,
          ],
        },
      },
      stages: [{ block: "own" }, { block: "conv-norm-act", channels: 12 }],
    });
  const value = (how: string, ...names: readonly string[]) =>
    given(specOf({ layer: "value", from: { [how]: names } }));
  const base = value("sum", "c", "a");
  for (const other of [
    value("sum", "c", "b"),
    value("sum", "c", "a", "b"),
    value("mean", "c", "a"),
    value("product", "c", "a"),
  ]) {
    assertShown(base, other, /^[/]stages[/]0[/]/, JSON.stringify(other.text));
  }
});

test("a definition, and the fields of its stages", () => {
  const definition = {
    fields: { half: { default: 0.5, description: "a part" } },
    layers: [
      { layer: "conv", channels: "channels * half" },
      { layer: "conv", channels: "channels", activation: "none" },
    ],
    shortcut: [{ layer: "conv", channels: "channels", activation: "none" }],
    residual: "index > 0",
    after: [{ layer: "activation" }],
  };
  const specOf = (more: Json): Json =>
    spec({
      blocks: { own: { ...definition, ...more } },
      stages: [
        { block: "own", channels: 12, repeat: 2, half: 0.25 },
        { block: "conv-norm-act", channels: 12 },
      ],
    });
  const base = given(specOf({}));
  const others: Readonly<Record<string, Json>> = {
    layers: { layers: [{ layer: "conv", channels: "channels", activation: "none" }] },
    residual: { residual: "index >= 0" },
    shortcut: { shortcut: [{ layer: "conv", channels: "channels" }] },
    after: { after: [] },
  };
  for (const [key, more] of Object.entries(others)) {
    assertShown(base, given(specOf(more)), /^[/]stages[/]0[/]/, key);
  }
  const stage = definedStageSchema("own", definition);
  const fields = fieldsOf(stage).filter(
    ({ path: [key] }) => !["block", "attention", "stride", ...NAMED].includes(String(key)),
  );
  assertFields([specOf({})], below(["stages", 0], fields), /^[/](stages[/][01][/]|head)/);
});

test.run();
