import * as z from "zod";
import { ATTENTION_TYPES } from "../ir/attention/modules.js";
import { PASS_NAMES, passOf } from "../passes/registry.js";
import { attentionSchema, gatesSchema, NO_ATTENTION } from "./attention.js";
import { BLOCK_TYPES } from "./blocks/registry.js";
import { definedStageFields } from "./definitions/definition.js";
import { specSchema, stageSchema } from "./schema.js";
import { NO_STEM } from "./sections.js";

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

const noStemForm: JsonSchema = { const: NO_STEM, description: "The first stage reads the image." };

/** A stage of blocks that the spec defines: what its own fields are, only the spec knows. */
function definedStageForm(): JsonSchema {
  const { properties } = toJsonSchema(z.object(definedStageFields()));
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
