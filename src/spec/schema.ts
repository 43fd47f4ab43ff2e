import * as z from "zod";
import { ATTENTION_TYPES } from "../ir/attention/registry.js";
import { PASS_NAMES, passOf } from "../passes/registry.js";
import { attentionSchema, NO_ATTENTION } from "./attention.js";
import { stageSchemas } from "./blocks/registry.js";
import {
  defaultsSchema,
  expectSchema,
  featureSchema,
  headSchema,
  inputSchema,
  rate,
  scalingSchema,
  stemSchema,
} from "./sections.js";

const passEntrySchema = z.union(
  [
    z.string().min(1),
    z.looseObject({ pass: z.string().describe("Name of the pass; its options stand beside it.") }),
  ],
  { error: "expected a pass as an object or a pipeline as text" },
);

/** A stage in its full form; the block strings that stand for one are expanded before (`shorthand.ts`). */
export const stageSchema = z.discriminatedUnion("block", stageSchemas, {
  error: "expected a stage as an object or a block string",
});

/**
 * The spec after `extends` was merged and shorthands were expanded. It is the one source of the types, the
 * checks, the JSON Schema and the documentation.
 */
export const specSchema = z.strictObject({
  $schema: z.string().optional().describe("Place of the JSON Schema, for editors; ecagen doesn't read it."),
  name: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Name of the network. Left out: the file's name without `.json`. Not inherited by `extends`."),
  description: z
    .string()
    .optional()
    .describe("What the network is, in a sentence. Not inherited by `extends`."),
  family: z
    .string()
    .min(1)
    .max(60)
    .optional()
    .describe("Family of networks that it belongs to, by which `ecagen list` groups."),
  extends: z
    .string()
    .optional()
    .describe(
      "The spec that this one changes: a path relative to this file, or the name of a spec that ships with ecagen.",
    ),
  input: inputSchema.prefault({}).describe("Size of one image; the counts are for this size."),
  scaling: scalingSchema.prefault({}).describe("Compound scaling (EfficientNet, ICML 2019, section 3.3)."),
  defaults: defaultsSchema.prefault({}).describe("What holds for every layer that doesn't say otherwise."),
  attention: attentionSchema
    .optional()
    .describe(
      "Gate of every stage that has no `attention` of its own; a stage without a gate says `none`. Block strings without `se` say nothing.",
    ),
  stem: stemSchema.describe(
    "What comes before the blocks: convolutions with normalisation and activation, and a pooling.",
  ),
  stages: z.array(stageSchema).min(1).max(64).describe("The blocks of the network, stage by stage."),
  head: headSchema
    .prefault({})
    .describe("1×1 convolution, global average pooling, dropout, linear classifier."),
  features: z
    .array(featureSchema)
    .max(64)
    .default([])
    .describe(
      'Feature maps that are outputs beside the classifier\'s or in its place, as detectors need them: levels as `"C2"`, or objects. Level Cn is the last map of stride 2ⁿ.',
    ),
  dropPath: rate
    .default(0)
    .describe(
      "Stochastic depth: probability of dropping a residual block's branch in training. Block i of n has rate · i / n, as in EfficientNet.",
    ),
  passes: z
    .array(passEntrySchema)
    .max(256)
    .default([])
    .describe('Rewritings of the network, in order: `{ "pass": name, ...options }`, or pipelines as text.'),
  expect: expectSchema
    .prefault({})
    .describe(
      "Published numbers that every compile checks. Not inherited by `extends`: they are of one network.",
    ),
});

/** A spec as one may write it, in its full form. */
export type SpecInput = z.input<typeof specSchema>;

/** A spec with the schema's defaults filled in. */
export type Spec = z.output<typeof specSchema>;

export type Stem = Spec["stem"];
export type Head = Spec["head"];
export type PassEntry = Spec["passes"][number];

export type JsonSchema = z.core.JSONSchema.BaseSchema;

const SCHEMA_ID = "https://unpkg.com/ecagen/schema/ecagen.schema.json";

/**
 * The spec's form as JSON Schema (draft-07, which editors know), made of `specSchema`. To the full form it adds
 * what ecagen expands before it checks: block strings, attention by its name alone, and that a spec which
 * extends another one may leave everything to it.
 */
export function specJsonSchema(): JsonSchema {
  const { $schema, required, ...root } = toJsonSchema(specSchema);
  return {
    $schema,
    $id: SCHEMA_ID,
    title: "ecagen spec",
    description: "A convolutional network with channel attention, as ecagen compiles it.",
    ...root,
    anyOf: [{ required: ["extends"] }, { required, ...liftRequired(root) }],
  } as JsonSchema;
}

/**
 * Takes the required keys out of the root's own objects, as a base may give them, and gives them back as a
 * constraint for specs without a base.
 */
function liftRequired(root: JsonSchema): { properties: Record<string, JsonSchema> } {
  const properties: Record<string, JsonSchema> = {};
  for (const [name, property] of Object.entries(root.properties ?? {})) {
    if (typeof property === "boolean" || property.required === undefined) continue;
    properties[name] = { required: property.required };
    delete property.required;
  }
  return { properties };
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    override({ zodSchema, jsonSchema, path }) {
      if (zodSchema === stageSchema) addForm(jsonSchema, blockStringForm);
      else if ((zodSchema as unknown) === attentionSchema) addForm(jsonSchema, attentionNameForm);
      else if (path.at(-2) === "passes" && path.at(-1) === "items") replace(jsonSchema, passEntryForm());
      if (isEmptyDefault(jsonSchema.default)) delete jsonSchema.default;
      // zod writes the range of safe integers as limits of every integer.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  }) as JsonSchema;
}

/** `{}` as the default of an object says only that each of its keys has a default. */
function isEmptyDefault(value: unknown): boolean {
  return (
    typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

const blockStringForm: JsonSchema = {
  type: "string",
  description:
    "The stage as a block string of timm (`ir_r2_k5_s2_e6_c40_se0.25`) or MnasNet (`r2_k5_s22_e6_i24_o40`).",
};

const attentionNameForm: JsonSchema = {
  enum: [...ATTENTION_TYPES, NO_ATTENTION],
  description: `The gate's type, all options at their defaults; \`${NO_ATTENTION}\` for no gate.`,
};

/** A pass with its options beside its name, or a pipeline. */
function passEntryForm(): JsonSchema {
  const entries = PASS_NAMES.map((name): JsonSchema => {
    const pass = passOf(name);
    const { $schema: _, properties, required = [], ...rest } = toJsonSchema(pass.options);
    return {
      ...rest,
      description: pass.doc,
      properties: { pass: { const: name, description: "Name of the pass." }, ...properties },
      required: ["pass", ...required],
    };
  });
  const pipeline: JsonSchema = {
    type: "string",
    description: "A pipeline as text: `swap-attention{to=eca},fold-batch-norm`.",
  };
  return { anyOf: [pipeline, { oneOf: entries }] };
}

/** Allows `form` beside what the schema allows. */
function addForm(schema: JsonSchema, form: JsonSchema): void {
  const { id, description, ...full } = schema as JsonSchema & { id?: string };
  replace(schema, {
    ...(id === undefined ? {} : { id }),
    ...(description === undefined ? {} : { description }),
    anyOf: [form, full],
  });
}

function replace(schema: JsonSchema, by: JsonSchema): void {
  for (const key of Object.keys(schema)) delete (schema as Record<string, unknown>)[key];
  Object.assign(schema, by);
}
