import { suite } from "uvu";
import { ATTENTION_TYPES, attentionModules } from "../../../src/ir/attention/modules.js";
import { positionFields } from "../../../src/language/attention.js";
import { BLOCK_TYPES, positionsIn } from "../../../src/language/blocks/registry.js";
import { amidPlain, assertFields, below, type Json, spec, specFolder } from "./changed-specs.js";
import { type Field, fieldsOf } from "./second-values.js";

const test = suite("driver: diff shows every option and place of a gate");

test.before(specFolder.make);
test.after(specFolder.remove);

/** Options that a gate needs here. */
const GATES: Readonly<Record<string, Json>> = {
  "se-gc": { groups: 4 },
  aa: { heads: 2, keysPerHead: 2 },
};
/** Options without which others mean nothing. */
const SQUEEZE = { ratio: 0.275, divisor: 8 };
const MORE_GATES: Readonly<Record<string, readonly Json[]>> = {
  ...Object.fromEntries(
    ["se", "ecam", "cbam", "bam", "gc", "ge", "nl", "a2", "coord", "scse"].map((type) => [type, [SQUEEZE]]),
  ),
  gc: [SQUEEZE, { fusion: "scale" }],
  ge: [SQUEEZE, { parameters: true }],
  coord: [SQUEEZE, { ratio: 0.8 }],
  "se-gc": [{ groupSize: 4 }],
  eca: [{ squeeze: "both" }],
};

const PLACEMENT = Object.entries(positionFields).map(([key, schema]): Field => ({ path: [key], schema }));

for (const type of ATTENTION_TYPES) {
  test(`options of ${type}, in a stage, of the network and by default`, () => {
    const options = fieldsOf(attentionModules[type].options);
    const stage = { block: "bottleneck", channels: 32, bottleneckRatio: 0.5, attention: { type } };
    const { attention: _, ...bare } = stage;
    const bases = [GATES[type] ?? {}, ...(MORE_GATES[type] ?? [])];
    const gate = /^[/]stages[/]0[/]blocks[/]\d[/]attention$/;
    const places: readonly (readonly [(more: Json) => Json, readonly (string | number)[]])[] = [
      [(more) => spec({ stages: [{ ...stage, attention: { type, ...more } }] }), ["stages", 0, "attention"]],
      [(more) => spec({ stages: [bare], attention: { type, ...more } }), ["attention"]],
      [
        (more) => spec({ stages: [stage], defaults: { attention: { [type]: more } } }),
        ["defaults", "attention", type],
      ],
    ];
    for (const [specOf, path] of places)
      assertFields(bases.map(specOf), below(path, options), gate, {
        onlyOne: path.length !== 3,
        inFiles: path.length === 3,
      });
  });
}

for (const block of BLOCK_TYPES) {
  const specOf = (stage: Json): Json => amidPlain({ block, ...stage });
  test(`places of a gate in ${block}, and which blocks have it`, () => {
    const stage = block.endsWith("inverted-residual") ? { expansion: 4 } : {};
    const bases = positionsIn(block)
      .filter((position) => position !== "convolution")
      .map((position) => specOf({ ...stage, attention: { type: "se", ratio: 0.5, position, blocks: [1] } }));
    assertFields(
      bases,
      below(["stages", 1, "attention"], PLACEMENT),
      /^[/]stages[/]1[/]blocks[/]\d[/]attention([/]residual)?$/,
    );
  });
}

test.run();
