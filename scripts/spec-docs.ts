import { isDeepStrictEqual } from "node:util";
import type { RuleName } from "../src/base/diagnostic-codes/registry.js";
import { ATTENTION_TYPES } from "../src/ir/attention/modules.js";
import { BLOCK_TYPES, positionsIn } from "../src/language/blocks/registry.js";
import { FUNCTIONS } from "../src/language/definitions/expression.js";
import { type JsonSchema, specJsonSchema } from "../src/language/json-schema.js";
import { ATTENTION_POSITIONS, type AttentionPosition } from "../src/language/positions.js";
import { specRules } from "../src/language/rules/registry.js";
import { commonKeys, type NestedObject, objectsBelow, withKeys } from "./spec-objects.js";

/** docs/spec.md: every key of the spec with its meaning and default, and every rule. Made of the schema. */
export function specDocs(): string {
  const schema = specJsonSchema();
  const { definitions = {} } = schema;
  const { attention, layer, definition, ...blocks } = definitions as Readonly<Record<string, JsonSchema>>;
  const top = withKeys(schema, (key) => !APART.includes(key) && !isOfDetectors(key));
  const sections = [
    INTRODUCTION,
    section("Keys", schema),
    ...nested(top, isOfTopLevel, (name) => requiredOf(schema, name)),
    STAGES,
    ...variants("Keys of every stage", Object.values(blocks), (_block, i) => {
      return `\`"block": "${Object.keys(blocks)[i]}"\``;
    }),
    DEFINITIONS,
    section("A definition", definition ?? {}, requiredOfEach(schema, "blocks")),
    ...nested(definition ?? {}),
    section("A stage of such blocks", definedStage(schema)),
    ...variants("Keys of every layer", variantsOf(layer), (each) => {
      return `\`"layer": "${constantOf(each, "layer")}"\``;
    }),
    NECK,
    ...nested(withKeys(schema, isOfDetectors)),
    ATTENTION,
    ...variants("Keys of every type", variantsOf(attention), (each) => {
      return `\`"type": "${constantOf(each, "type")}"\``;
    }),
    PASSES,
    ...variants("", variantsOf(itemsOf(schema.properties?.passes)), (each) => {
      return `\`"pass": "${constantOf(each, "pass")}"\``;
    }),
    RULES,
    specRules.map(({ name, doc }) => `- **${statementOf(name)}.** ${doc}\n`).join(""),
  ];
  // What stages and layers have alike, as `from`, is said at the first of them.
  return [...new Set(sections)].join("\n");
}

/** Lists of the top level that have sections of their own. */
const APART: readonly string[] = ["stages", "passes"];

function isOfDetectors(key: string): boolean {
  return key === "neck" || key === "heads";
}

/** The options of each attention type have their own sections. */
function isOfTopLevel(name: string): boolean {
  return !name.startsWith("defaults.attention.") && name !== "attention";
}

/** The sections of the objects below one. */
function nested(
  schema: JsonSchema,
  isMeant: (name: string) => boolean = () => true,
  required: (name: string) => readonly string[] = () => [],
): readonly string[] {
  return objectsBelow(schema).flatMap(({ names, object }) => {
    const meant = names.filter(isMeant);
    return meant.length === 0 || isAttention(object)
      ? []
      : section(
          `${meant.map((name) => `\`${name}\``).join(", ")}${typeWords(object)}`,
          object,
          meant.flatMap(required),
        );
  });
}

/** What tells an object from others of the same key: `, "type": "cells"`. */
function typeWords({ properties }: JsonSchema): string {
  const { type } = properties ?? {};
  return typeof type !== "object" || type.const === undefined
    ? ""
    : `, \`"type": ${JSON.stringify(type.const)}\``;
}

/** Whether an object is a gate's type and options, which have sections of their own. */
function isAttention({ properties }: JsonSchema): boolean {
  const { type } = properties ?? {};
  return typeof type === "object" && ATTENTION_TYPES.some((each) => each === type.const);
}

/**
 * The sections of objects that one key tells apart: first the keys that all of them have, then of each its own, then the objects
 * below them.
 */
function variants(
  common: string,
  objects: readonly JsonSchema[],
  titleOf: (object: JsonSchema, index: number) => string,
): readonly string[] {
  const shared = common === "" ? new Set<string>() : commonKeys(objects);
  const sections = objectsBelowAll(objects, titleOf).filter(({ object }) => !isAttention(object));
  return [
    ...(shared.size === 0 ? [] : [section(common, sharedBy(objects, shared, titleOf))]),
    ...objects.map((object, i) =>
      section(
        titleOf(object, i),
        withKeys(object, (key) => !shared.has(key)),
      ),
    ),
    ...sections.map(({ names, object }) => section(names.map((name) => `\`${name}\``).join(", "), object)),
  ];
}

/** The objects below several: one that has the name of another is told by what it stands in. */
function objectsBelowAll(
  objects: readonly JsonSchema[],
  titleOf: (object: JsonSchema, index: number) => string,
): readonly NestedObject[] {
  const found: { names: string[]; object: JsonSchema }[] = [];
  objects.forEach((each, i) => {
    for (const { names, object } of objectsBelow(each)) {
      const same = found.find((other) => isDeepStrictEqual(other.object.properties, object.properties));
      const isTaken = found.some(
        (other) => other !== same && other.names.some((name) => names.includes(name)),
      );
      const own = isTaken ? names.map((name) => `${name} of ${titleOf(each, i).replaceAll("`", "")}`) : names;
      if (same === undefined) found.push({ names: [...own], object });
      else same.names.push(...own.filter((name) => !same.names.includes(name)));
    }
  });
  return found;
}

/** The keys that objects share, each with the objects that lack it. */
function sharedBy(
  objects: readonly JsonSchema[],
  shared: ReadonlySet<string>,
  titleOf: (object: JsonSchema, index: number) => string,
): JsonSchema {
  const [first = {}] = objects;
  const properties = Object.entries(withKeys(first, (key) => shared.has(key)).properties ?? {}).map(
    ([key, property]) => {
      const without = objects.flatMap((each, i) =>
        each.properties?.[key] === undefined ? [titleOf(each, i)] : [],
      );
      if (without.length === 0 || typeof property === "boolean") return [key, property] as const;
      return [
        key,
        { ...property, description: `${property.description} Not of ${without.join(", ")}.` },
      ] as const;
    },
  );
  return { type: "object", properties: Object.fromEntries(properties), required: first.required ?? [] };
}

/** A stage of blocks that a spec defines. */
function definedStage(schema: JsonSchema): JsonSchema {
  const forms = itemsOf(schema.properties?.stages)?.anyOf ?? [];
  const found = forms.find((form) => typeof form === "object" && form.properties?.block !== undefined);
  return typeof found === "object" ? found : {};
}

const INTRODUCTION = `<!-- Made by scripts/generate.ts from the schema in src/language/schema.ts. Do not edit. -->

# The spec

A spec is one JSON file that describes a convolutional network. Comments and trailing commas are allowed. Unknown keys
are errors. All errors are reported at once, each with its place.

## \`extends\`

A spec with \`extends\` changes another spec. Objects are merged key by key, all other values are replaced, and
null removes a key. \`name\`, \`description\` and \`expect\` are not inherited: they belong to one network. The value is a
path relative to the file, or the bare name of a spec that ships with ecagen, such as \`b0-se\`.

## Scaling

    channels = the multiple of divisor nearest to channels · width (ties up, at least divisor);
               one divisor more where that is below roundLimit · channels · width
    repeats  = ⌈repeat · depth⌉, or the nearest integer with depthRounding
    expanded = the multiple of divisor nearest to input · expansion, with a round limit of 0.9

Channels are also rounded with a width of 1, as in the reference implementations: 12 channels with a divisor of 8
become 16. A divisor of 1 keeps them as written.
`;

const STAGES = `## Stages

Each item of \`stages\` is an object with a \`block\`, or a block string:

    ir_r2_k5_s2_e6_c40_se0.25       timm's
    r2_k5_s22_e6_i24_o40_se0.25     MnasNet's

| code | block |
|---|---|
| \`ir\` | inverted-residual; it has an expansion layer even with e1 |
| \`ds\` | depthwise-separable |
| \`dsa\` | depthwise-separable with \`pointwiseActivation\`, without residual |
| \`er\` | fused-inverted-residual |
| \`cn\` | conv-norm-act, with a residual only if the string has \`skip\` |
| none (MnasNet) | inverted-residual; with e1 it has no expansion layer |

| option | meaning |
|---|---|
| \`r2\` | repeat |
| \`k5\` | kernel |
| \`s2\` | stride; MnasNet's \`s22\` gives it for height and width |
| \`e6\` | expansion |
| \`c40\` | channels; MnasNet's \`o40\` |
| \`i24\` | MnasNet's input channels; they must equal the channels of the previous stage |
| \`se0.25\` | SE gate with this ratio; its other options come from \`defaults.attention.se\` |
| \`nre\`, \`nr6\`, \`nsw\`, \`nhs\` | activation: relu, relu6, silu, hard_swish |
| \`gs8\` | groupSize of \`cn\` |
| \`noskip\`, \`skip\` | no residual; a residual wherever the shapes allow it |
`;

const DEFINITIONS = `## Blocks of your own

\`blocks\` defines blocks by name; the \`block\` of a stage refers to one of these names. \`extends\` inherits definitions and merges them
key by key, like all other objects, so a family of networks can share them.

    "blocks": {
      "sk-bottleneck": {
        "fields": { "ratio": { "description": "Width of the branch.", "default": 0.25 } },
        "layers": [
          { "layer": "conv", "channels": "round(channels * ratio)" },
          { "layer": "branches", "join": { "type": "sk" }, "branches": [
            [{ "layer": "conv", "channels": "in", "kernel": 3, "stride": "stride" }],
            [{ "layer": "conv", "channels": "in", "kernel": 3, "stride": "stride", "dilation": 2 }]
          ] },
          { "layer": "conv", "channels": "channels", "activation": "none" }
        ],
        "shortcut": [
          { "layer": "conv", "when": "stride != 1 or inputChannels != channels",
            "channels": "channels", "stride": "stride", "activation": "none" }
        ],
        "after": [{ "layer": "activation" }]
      }
    },
    "stages": [{ "block": "sk-bottleneck", "repeat": 3, "channels": 256 }]

A block computes \`after(layers(x) + shortcut(x))\`. Its stages have the keys [below](#a-stage-of-such-blocks), and the
definition's fields. The stage's gate is inserted at the layer \`attention\` of the main path, or at the end of that path if there is no
such layer. \`position\` changes this: \`spatial\` needs that layer, \`identity\` and \`identity-input\` need a shortcut.
Any list of layers can contain gates of its own: \`{ "layer": "attention", "attention": "eca" }\`.
A layer can also be a defined block, inside another block, in the neck or in a head:
\`{ "layer": "block", "block": "sk-bottleneck", "channels": 256, "fields": { "ratio": 0.5 }, "attention": "eca" }\`.
\`specs/inception-v3.json\` and \`specs/cifar-shake-shake-26-2x96d.json\` are complete examples. \`names\` maps the layers of such blocks
to the names in weight files ([weights.md](weights.md#names-that-a-spec-says)).

### Expressions

A number in a layer can be an expression in quotes. Expressions can use the definition's fields and these names:

| name | value |
|---|---|
| \`inputChannels\` | channels that enter the block |
| \`in\` | channels that enter the layer |
| \`channels\` | the stage's \`channels\`, scaled |
| \`stride\` | the stage's stride in its first block, 1 in the others |
| \`index\`, \`repeat\` | the block's index in its stage, from 0, and the number of blocks in the stage |
| \`stage\` | the stage's index, from 0 |

Operators, in order of precedence: \`-\` and \`not\` before a value; \`*\` \`/\` \`%\`; \`+\` \`-\`; \`==\` \`!=\` \`<\` \`<=\` \`>\` \`>=\`; \`and\`; \`or\`;
\`condition ? value : value\`. Functions:

| function | value |
|---|---|
${Object.entries(FUNCTIONS)
  .map(([name, { doc }]) => `| \`${name}\` | ${doc} |`)
  .join("\n")}

Fields of integers don't accept fractions: use \`round\`, \`floor\` or \`divisible\`. Errors point into the expression, and name
the stage and the block where it fails.

### Named values

[graphs.md](graphs.md) shows each of the following forms with a small network and a picture.

By default a layer reads the result of the previous layer, and a stage that of the previous stage. In networks that are not chains, \`as\`
names a result, and \`from\` reads named results. In a block:

    "layers": [
      { "layer": "conv", "channels": "channels / 2", "as": "half" },
      { "layer": "conv", "channels": "in", "kernel": 3, "groups": "in" },
      { "layer": "value", "from": ["half", "input"] }
    ]

Between stages, here an encoder and a decoder:

    "stages": [
      { "block": "basic", "channels": 32, "as": "fine" },
      { "block": "basic", "channels": 64, "stride": 2 },
      { "block": "enlarge", "channels": 32, "as": "up" },
      { "block": "basic", "channels": 32, "from": { "sum": ["fine", "up"] } }
    ]

\`from\` is one of:

- a name
- a list of names: the maps are concatenated along the channels
- an object with \`concat\`, \`sum\`, \`mean\`, \`product\` or \`weighted\` and a list of names. \`weighted\` is the fast normalised fusion of
  EfficientDet, Σ wᵢ · xᵢ / (Σ wᵢ + 0.0001), with trained weights w ≥ 0 that start at 1.

In a block, \`input\` is the block's input (after a gate in the position \`pre\`). A name is visible from its layer to the end of the
block, including branches, \`shortcut\` and \`after\`. Between stages, \`input\` is the image and \`stem\` the result of the stem; objects in
\`features\` have \`from\` too. A name inside \`repeat\` refers to the last repetition. Only layers with a \`when\` may give the same name twice.

These are errors: names that are undefined, defined later or unused; maps whose channels or sizes differ; layers and stages with an
unused result. \`specs/densenet-121.json\` and \`specs/shufflenetv2-100.json\` need no names: they use only branches.
`;

const NECK = `## Necks and heads

A detector applies the same layers to several maps. \`neck\` has layers over the stages' maps. The layers of \`heads\` are
applied to each of their maps, with one set of weights:

    "stages": [ …, { …, "as": "c3" }, { …, "as": "c4" }, { … } ],
    "neck": { "activation": "relu", "layers": [
      { "layer": "conv", "channels": 256, "as": "p5" },
      { "layer": "upsample", "to": "c4", "as": "up5" },
      { "layer": "conv", "channels": 256, "from": "c4", "as": "side4" },
      { "layer": "conv", "channels": 256, "kernel": 3, "from": { "sum": ["side4", "up5"] }, "as": "p4" }
    ] },
    "heads": [
      { "name": "classes", "from": ["p4", "p5"], "output": { "values": 80 }, "layers": [
        { "layer": "conv", "channels": 256, "kernel": 3 },
        { "layer": "conv", "channels": 720, "kernel": 3, "norm": false, "bias": true, "activation": "none" }
      ] }
    ],
    "head": { "classifier": false }

*Neck.* The neck has the same layers as definitions. \`input\` is the last stage's map. Other names refer to stages or to levels: \`C3\` is
the last map of the stages whose stride is 2³. Expressions can use \`in\` and \`inputChannels\`. Later layers, heads and \`features\` can read
the neck's named results. Its last layer needs a name too.

*Heads.* A head is applied to each map of its \`from\`, or to all results of an earlier head (\`"from": "tower"\`). Its parameters have names
like \`heads.classes.layers.0.conv.weight\`. All maps share them, so they are counted once; multiply-accumulates are counted for each map. With
\`"share": "all-but-norms"\` each map has its own batch normalisations, named after the map; with \`"share": "none"\` each map has its own
parameters. In the graph each map has a scope, \`/heads/classes/p4\`.

*Gates.* A layer \`attention\` names its gate, here ECA at the end of a level: \`{ "layer": "attention", "attention": "eca", "as": "p4" }\`. In a head,
\`share\` also applies to gates. Swaps keep the sharing.

*Outputs.* The result of each map is an output with a name like \`classes_p4\`; with \`"output": "none"\` only later heads read it. With
\`"output": { "values": 80 }\` there is one output \`classes\` [N, rows, 80]: a map of 9 · 80 channels has 9 rows, one per anchor, for each pixel, and
the rows of all maps are concatenated. The outputs of heads follow those of the classifier and of \`features\`.

*Boxes.* \`detection\` decodes what heads say into boxes. RetinaNet has a head with one logit per class and anchor of each pixel, and one with
four numbers per anchor:

    "detection": { "scores": "classes", "boxes": "moves", "anchors": { "sizes": [[32], [64]], "ratios": [0.5, 1, 2] } }

The network then takes one image (\`--batch 1\`) and has the outputs \`boxes\` [D, 4] (left, top, right and bottom in pixels of the input), \`scores\` [D]
and \`labels\` [D], sorted by score. D depends on the image. A label is the index of the class among the head's logits.

The decoder says how the numbers of a pixel become a box:

| \`decoder\` | box | detectors |
|---|---|---|
| \`offsets\` | an anchor, moved and resized | RetinaNet, EfficientDet, Faster R-CNN |
| \`cells\` | a centre near the middle of the pixel's cell, and a multiple of the anchor's sides | YOLOv4, YOLOv5 |
| \`distances\` | the distances of its sides from a point of the pixel, as numbers or as distributions over bins | FCOS, YOLOv8 |

\`boxes\`, \`scores\` and \`confidence\` name a head, or a part of the numbers that a head has for each anchor. YOLOv5 has all of them in one head, in rows of 4 numbers, objectness, and
classes. FCOS has a head for centre-ness. The score of a class is the product of its sigmoid and that of the confidence, or the square root of the product:

    "detection": {
      "boxes": { "head": "rows", "start": 0, "end": 4 },
      "confidence": { "of": { "head": "rows", "start": 4, "end": 5 } },
      "scores": { "head": "rows", "start": 5, "end": 85 },
      "decoder": { "type": "cells", "reach": 2, "sides": "square" },
      "anchors": { "shapes": [[[10, 13], [16, 30], [33, 23]], [[30, 61], [62, 45], [59, 119]]] }
    }
    "detection": { "boxes": "boxes", "confidence": { "of": "centreness", "join": "geometric-mean" }, "scores": "classes", "decoder": "distances" }

An anchor becomes a box for each class whose score is above \`scoreThreshold\`. Of each map the \`candidates\` best are considered. Specs such as \`yolov5s\` have
\`"outputs": "raw"\`, and \`yolov5s-boxes\` the same with boxes; \`--set detection.outputs=detections\` does it for any other, as \`--set detection.outputs=raw\` undoes it.

With \`regions\` anchors become proposals for a second stage (Faster R-CNN). With \`mask\` there is also an output \`masks\` [D, 1, 28, 28], a grid over
each box with values from 0 to 1 (Mask R-CNN). With \`keypoints\` there is also an output \`keypoint_logits\` [D, 17, 56, 56]: for each key point
of each box, a grid of logits over the box, which torchvision's \`heatmaps_to_keypoints\` turns into positions (Keypoint R-CNN).

With \`"outputs": "raw"\` the only outputs are those of the heads; those of \`regions\` are then \`proposals\` [R, 4], \`class_logits\`
[R, classes], \`box_regression\` [R, 4 · classes], \`mask_logits\` and \`keypoint_logits\`. If fewer than \`count\` proposals are left, they are padded with empty
boxes. Multiply-accumulates are counted for all proposals and for the largest possible number of detections. Adjacent pixels of a map are
⌊input / map⌋ pixels of the input apart, as in torchvision. The PyTorch module of \`codegen\` selects the same boxes, with torchvision's non-maximum
suppression and RoI alignment.

Passes keep parameters shared: \`fold-batch-norm\` folds shared weights only if all their normalisations have the same values.
`;

const ATTENTION = `## Attention

\`attention\` of a stage is an object with a \`type\`, or the type alone (\`"se"\`); \`"none"\` means no gate.
Omitted options come from \`defaults.attention\`, then from the defaults below. A stage without \`attention\` uses the spec's top-level
\`attention\`.

A list gives a block several gates: \`"attention": ["eca", { "type": "sam", "kernel": 3 }]\`. Gates at the same position are
applied in the order of the list. The scope of each ends in its index: the weights of the first are
\`attention.0\`, and \`at\` of a pass selects it by \`"path": "**/attention/0"\`.

Every type has three more keys. \`blocks\` lists the indexes of the stage's blocks that have the gate, from 0; default: all blocks.
\`residual: true\` adds the gate's input to its output, x + gate(x): x · (1 + g) for a gate that multiplies. Passes that swap or
remove such a gate keep the sum. \`position\` places the gate in the block:

    x ─┬─ pre ─ layers ─ spatial ─ layers ─ standard ─┬─ sum [─ activation] ─ post ─
       └─ identity-input ─ [projection] ─ identity ───┘

| position | where | block types that have it; **bold**: their default |
|---|---|---|
${positionRows()}
`;

const PASSES = `## Passes

Each item of \`passes\` is an object with the pass's name and its options, or a pipeline as text:

    { "pass": "swap-attention", "from": "se", "to": { "type": "eca" } }
    "swap-attention{from=se,to=eca},fold-batch-norm"
`;

const RULES = `## Rules

Constraints that the JSON Schema can't express:
`;

/** A heading, the description, and a table of the keys. */
function section(title: string, schema: JsonSchema, alsoRequired: readonly string[] = []): string {
  const own = title === "Keys" ? undefined : schema.description;
  const required = new Set([...requiredKeys(schema), ...alsoRequired]);
  const rows = Object.entries(schema.properties ?? {}).map(([key, property]) =>
    typeof property === "boolean" ? "" : row(key, property, required.has(key)),
  );
  if (rows.length === 0) return `### ${title}\n\n${own ?? ""} No keys of its own.\n`;
  const table = ["| key | value | default | meaning |", "|---|---|---|---|", ...rows].join("\n");
  return `${title === "Keys" ? "##" : "###"} ${title}\n\n${own === undefined ? "" : `${own}\n\n`}${table}\n`;
}

function row(key: string, property: JsonSchema, required: boolean): string {
  const fallback = property.default === undefined ? (required ? "required" : "") : code(property.default);
  return `| \`${key}\` | ${valueWords(property)} | ${fallback} | ${(property.description ?? "").replaceAll("|", "\\|")} |`;
}

/** The values that a key may have, in a few words. */
function valueWords(schema: JsonSchema): string {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
  if (schema.$ref !== undefined) return link(schema.$ref.split("/").at(-1) ?? "");
  if (isAttention(schema)) return link("attention");
  const alternatives = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  if (alternatives.length > 0) {
    return [...new Set(alternatives.map((each) => (typeof each === "boolean" ? "" : valueWords(each))))].join(
      " or ",
    );
  }
  if (schema.allOf?.[0] !== undefined && typeof schema.allOf[0] !== "boolean")
    return valueWords(schema.allOf[0]);
  const items = itemsOf(schema);
  if (schema.type === "array" && items !== undefined) {
    const words = valueWords(items);
    return words === "" ? "list" : `list of ${words}`;
  }
  const types = [schema.type ?? []].flat();
  const words = types.map((type) => TYPE_WORDS[type] ?? type);
  return `${words.join(" or ")}${limits(schema)}`;
}

const TYPE_WORDS: { readonly [type: string]: string } = {
  string: "text",
  boolean: "true or false",
  array: "list",
};

const SECTIONS: { readonly [definition: string]: string } = {
  attention: "attention",
  layer: "keys-of-every-layer",
  definition: "a-definition",
};

function link(definition: string): string {
  return `[${definition}](#${SECTIONS[definition] ?? `block-${definition}`})`;
}

function limits({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchema): string {
  const parts = [
    minimum === undefined ? "" : `≥ ${minimum}`,
    exclusiveMinimum === undefined ? "" : `> ${exclusiveMinimum}`,
    maximum === undefined ? "" : `≤ ${maximum}`,
    exclusiveMaximum === undefined ? "" : `< ${exclusiveMaximum}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "" : ` ${parts.join(", ")}`;
}

function positionRows(): string {
  return Object.entries(ATTENTION_POSITIONS)
    .map(([position, where]) => {
      const blocks = BLOCK_TYPES.flatMap((block) => {
        const at = positionsIn(block).indexOf(position as AttentionPosition);
        return at === 0 ? `**${block}**` : at > 0 ? block : [];
      });
      return `| \`${position}\` | ${where} | ${blocks.join(", ")} |`;
    })
    .join("\n");
}

function variantsOf(schema: JsonSchema | undefined): readonly JsonSchema[] {
  const union = [schema, ...(schema?.anyOf ?? [])].find(
    (each) => typeof each === "object" && each.oneOf !== undefined,
  );
  return typeof union === "object" ? (union.oneOf ?? []).filter((each) => typeof each === "object") : [];
}

function itemsOf(schema: JsonSchema | boolean | undefined): JsonSchema | undefined {
  const items = typeof schema === "object" ? schema.items : undefined;
  return typeof items === "object" && !Array.isArray(items) ? (items as JsonSchema) : undefined;
}

function constantOf(schema: JsonSchema, key: string): string {
  const property = schema.properties?.[key];
  return typeof property === "object" ? String(property.const) : "";
}

/** Keys that a spec without a base must have. */
function requiredKeys(schema: JsonSchema): readonly string[] {
  const alternatives = (schema.anyOf ?? []).flatMap((each) =>
    typeof each === "boolean" ? [] : (each.required ?? []),
  );
  return [...(schema.required ?? []), ...alternatives.filter((key) => key !== "extends")];
}

/** Keys of an object of the top level that a spec without a base must have. */
function requiredOf(schema: JsonSchema, name: string): readonly string[] {
  return constraintsOn(schema, name).flatMap(({ required = [] }) => required);
}

/** Keys that each value of an object of the top level must have in a spec without a base. */
function requiredOfEach(schema: JsonSchema, name: string): readonly string[] {
  return constraintsOn(schema, name).flatMap(({ additionalProperties: each }) =>
    typeof each === "object" ? (each.required ?? []) : [],
  );
}

/** What must be true of a key of the top level in a spec without a base. */
function constraintsOn(schema: JsonSchema, name: string): readonly JsonSchema[] {
  return (schema.anyOf ?? []).flatMap((each) => {
    const property = typeof each === "boolean" ? undefined : each.properties?.[name];
    return typeof property === "object" ? [property] : [];
  });
}

/** `KernelIsOdd` of `kernel-is-odd`. */
function statementOf(rule: RuleName): string {
  return rule.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function code(value: unknown): string {
  return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}
