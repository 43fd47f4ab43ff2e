import * as z from "zod";
import { ATTENTION_TYPES } from "../ir/attention/modules.js";
import { PASS_NAMES, passOf } from "../passes/registry.js";
import { attentionSchema, gatesSchema, NO_ATTENTION } from "./attention.js";
import { BLOCK_TYPES, type Stage, stageSchemas } from "./blocks/registry.js";
import { definedStageFields, definedStageSchema, definitionsSchema } from "./definitions/definition.js";
import { detectionSchema } from "./detection/schema.js";
import { mapHeadsSchema, neckSchema } from "./neck/schema.js";
import { labelsSchema, preprocessingSchema } from "./preprocessing.js";
import {
  defaultsSchema,
  expectSchema,
  featureSchema,
  headSchema,
  inputSchema,
  NO_STEM,
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

const STAGE_ERROR = { error: "expected a stage as an object or a block string" };

/** A stage in its full form; the block strings that stand for one are expanded before (`shorthand.ts`). */
const stageSchema: z.ZodType<Stage, z.input<(typeof stageSchemas)[number]>> = z.discriminatedUnion(
  "block",
  stageSchemas,
  STAGE_ERROR,
);

function stagesOf(stage: typeof stageSchema) {
  return z.array(stage).min(1).max(64).describe("The blocks of the network, stage by stage.");
}

/**
 * The spec after `extends` was merged and shorthands were expanded. It is the one source of the types, the
 * checks, the JSON Schema and the documentation.
 */
const specSchema = z.strictObject({
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
  attention: gatesSchema
    .optional()
    .describe(
      "Gate, or list of gates, of every stage that has no `attention` of its own; a stage without a gate says `none`. Block strings without `se` say nothing.",
    ),
  blocks: definitionsSchema
    .default({})
    .describe("Blocks that the spec defines itself, by the names that its stages give as `block`."),
  stem: stemSchema
    .nullable()
    .describe(
      "What comes before the blocks: convolutions with normalisation and activation, and a pooling; `none` where the first stage begins with the image.",
    ),
  stages: stagesOf(stageSchema),
  neck: neckSchema
    .optional()
    .describe("Layers between the stages and the `heads`, over maps of several stages: a feature pyramid."),
  heads: mapHeadsSchema
    .optional()
    .describe("What finds things: layers that are applied to several maps, with one set of weights for all."),
  detection: detectionSchema
    .optional()
    .describe("How what heads say of anchors becomes boxes, with a second stage over these or without one."),
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
  preprocessing: preprocessingSchema
    .prefault({})
    .describe("What is done to an image before the network sees it; `ecagen run` does it (docs/run.md)."),
  labels: labelsSchema
    .optional()
    .describe("Names of the classes, one for each output of the classifier, in its order."),
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

/** The schemas of one spec: its own definitions are blocks that its stages may name. */
export interface SpecSchemas {
  readonly spec: typeof specSchema;
  readonly stage: z.ZodType<Stage>;
  /** The words for blocks. */
  readonly blocks: readonly string[];
}

/** The schemas for a spec of that value, whose `blocks` need not be right yet. */
export function specSchemasFor(value: unknown): SpecSchemas {
  const { blocks } = (value ?? {}) as { readonly blocks?: unknown };
  const definitions = Object.entries(typeof blocks === "object" && blocks !== null ? blocks : {}).filter(
    ([name]) => !BLOCK_TYPES.some((type) => type === name),
  );
  const names = [...BLOCK_TYPES, ...definitions.map(([name]) => name)];
  if (definitions.length === 0) return { spec: specSchema, stage: stageSchema, blocks: names };
  const own = definitions.map(([name, definition]) => definedStageSchema(name, definition));
  const stage = z.discriminatedUnion(
    "block",
    [...stageSchemas, ...(own as unknown as typeof stageSchemas)],
    STAGE_ERROR,
  ) as typeof stageSchema;
  return { spec: specSchema.extend({ stages: stagesOf(stage) }), stage, blocks: names };
}

/** A spec as one may write it, in its full form. */
export type SpecInput = z.input<typeof specSchema>;

/** A spec with the schema's defaults filled in. */
export type Spec = z.output<typeof specSchema>;

export type Stem = NonNullable<Spec["stem"]>;

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
 * Takes the required keys out of the root's own objects and of definitions, as a base may give them, and gives them back as a
 * constraint for specs without a base.
 */
function liftRequired(root: JsonSchema): { properties: Record<string, JsonSchema> } {
  const properties: Record<string, JsonSchema> = {};
  for (const [name, property] of Object.entries(root.properties ?? {})) {
    const objects = typeof property === "boolean" ? [] : [property, ...(property.anyOf ?? [])];
    for (const object of objects) {
      if (typeof object === "boolean" || object.required === undefined) continue;
      properties[name] = { required: object.required };
      delete object.required;
    }
  }
  // Definitions merge key by key as well.
  const { definition } = (root.definitions ?? {}) as { readonly definition?: JsonSchema };
  if (definition?.required !== undefined) {
    properties.blocks = { additionalProperties: { required: definition.required } };
    delete definition.required;
  }
  return { properties };
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    override({ zodSchema, jsonSchema, path }) {
      const schema = zodSchema as unknown;
      if (schema === stageSchema) addForms(jsonSchema, [blockStringForm, definedStageForm()]);
      else if (schema === specSchema.shape.stem) replaceNull(jsonSchema, noStemForm);
      else if (schema === attentionSchema) addForms(jsonSchema, [attentionNameForm]);
      else if (schema === gatesSchema) addForms(jsonSchema, [noAttentionForm]);
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
  enum: [...ATTENTION_TYPES],
  description: "The gate's type, all options at their defaults.",
};

const noAttentionForm: JsonSchema = { const: NO_ATTENTION, description: "No gate." };

const noStemForm: JsonSchema = { const: NO_STEM, description: "The first stage begins with the image." };

/** A stage of blocks that the spec defines: what its own fields are, only the spec knows. */
function definedStageForm(): JsonSchema {
  const { properties } = toJsonSchema(z.object(definedStageFields));
  return {
    type: "object",
    description: "A stage of blocks that the spec defines in `blocks`.",
    properties: {
      block: { type: "string", not: { enum: [...BLOCK_TYPES] }, description: "Name of the definition." },
      ...properties,
    },
    required: ["block"],
    additionalProperties: { type: ["number", "boolean"] },
  } as JsonSchema;
}

/** Replaces null, which only ecagen itself writes, by the form that people write. */
function replaceNull(schema: JsonSchema, form: JsonSchema): void {
  schema.anyOf = (schema.anyOf ?? []).map((each) =>
    typeof each === "object" && each.type === "null" ? form : each,
  ) as NonNullable<JsonSchema["anyOf"]>;
}

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

/** Allows `forms` beside what the schema allows. */
function addForms(schema: JsonSchema, forms: readonly JsonSchema[]): void {
  const { id, description, ...full } = schema as JsonSchema & { id?: string };
  replace(schema, {
    ...(id === undefined ? {} : { id }),
    ...(description === undefined ? {} : { description }),
    anyOf: [...forms, full],
  });
}

function replace(schema: JsonSchema, by: JsonSchema): void {
  for (const key of Object.keys(schema)) delete (schema as Record<string, unknown>)[key];
  Object.assign(schema, by);
}
