import * as z from "zod";
import { once } from "../../base/late.js";
import { late } from "../../base/late-schemas.js";
import type { WrittenGates } from "../attention.js";
import { stageFields } from "../blocks/block-kind.js";
import { FUNCTIONS } from "./expression.js";
import { layersSchema } from "./layer-schema.js";

/** The names of definitions and of the fields that they add to a stage. */
const DEFINITION_NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const FIELD_NAME = /^[a-z][A-Za-z0-9]*$/;

const fieldValue = z.union([z.number(), z.boolean()], { error: "expected a number, or true or false" });

const fieldSchema = late(() =>
  z.strictObject({
    description: z.string().optional().describe("Description of the field, for the readers of the spec."),
    default: fieldValue.optional().describe("Default value. Without it, every stage must have the field."),
  }),
);

/** A block that a spec defines itself. */
export const definitionSchema = late(() =>
  z.strictObject({
    description: z.string().optional().describe("Description of the block, in a sentence."),
    fields: z
      .record(
        z.string().regex(FIELD_NAME, {
          error: "a field's name has letters and digits, and begins with a small letter",
        }),
        fieldSchema,
      )
      .default({})
      .describe("Additional keys of stages of this block, for use in expressions."),
    layers: layersSchema.describe("The main path."),
    residual: z
      .union([z.boolean(), z.string().min(1)], { error: "expected true, false or an expression" })
      .optional()
      .describe(
        "Whether a block has a shortcut: true, false, or an expression. Default: true if there is a `shortcut`.",
      ),
    shortcut: layersSchema
      .optional()
      .describe(
        "The shortcut path, which is added to the result of the main path. An empty list: the input itself, as with `residual` alone.",
      ),
    after: layersSchema.default([]).describe("Layers after the sum."),
  }),
).register(z.globalRegistry, {
  id: "definition",
  description:
    "A block that the spec defines: layers, whose numbers can be expressions over the stage's fields.",
});

export type Definition = z.output<typeof definitionSchema>;

export const definitionsSchema = late(() =>
  z.record(
    z.string().regex(DEFINITION_NAME, { error: "a block's name has small letters, digits and hyphens" }),
    definitionSchema,
  ),
);

/** The keys of a stage of a defined block, whatever the definition. `channels` is checked, not asked for. */
export const definedStageFields = once(() => {
  const fields = stageFields();
  return {
    repeat: fields.repeat,
    stride: fields.stride,
    channels: fields.channels
      .optional()
      .describe(
        "Output channels before width scaling, for use in expressions. The block's result must have the same number of channels.",
      ),
    activation: fields.activation,
    attention: fields.attention,
    as: fields.as,
    from: fields.from,
    scaleDepth: fields.scaleDepth,
  };
});

/** Tells the names of definitions from the words for the built-in blocks. */
export type DefinedName = string & { readonly definedName: true };

/** A stage of blocks that the spec defines, with the schema's defaults. */
export interface DefinedStage
  extends z.output<z.ZodObject<Omit<ReturnType<typeof definedStageFields>, "attention">>> {
  readonly block: DefinedName;
  readonly attention?: WrittenGates | undefined;
  /** The definition's own fields, by name. */
  readonly [field: string]: unknown;
}

/** What stages of a definition may say. Of a definition that is wrong itself, what can be read of it. */
export function definedStageSchema(name: string, definition: unknown): z.ZodObject {
  const { fields = {} } = (definition ?? {}) as { readonly fields?: unknown };
  const entries = Object.entries((fields ?? {}) as object).filter(
    ([field]) => FIELD_NAME.test(field) && !hasMeaning(field),
  );
  const own = entries.map(([field, described]) => {
    const { description, default: fallback } = fieldSchema.safeParse(described).data ?? {};
    const schema = fallback === undefined ? fieldValue : fieldValue.default(fallback);
    return [field, description === undefined ? schema : schema.describe(description)] as const;
  });
  return z.strictObject({ ...Object.fromEntries(own), block: z.literal(name), ...definedStageFields() });
}

/** Names that a field can't have: keys of every stage, and what expressions know anyway. */
const reservedFields = once((): readonly string[] => [
  "block",
  ...Object.keys(definedStageFields()),
  "inputChannels",
  "in",
  "index",
  "stage",
  "and",
  "or",
  "not",
]);

/** Whether a field can't have a name: expressions or stages know it, or every object has it, as `toString`. */
export function hasMeaning(field: string): boolean {
  return reservedFields().includes(field) || field in FUNCTIONS;
}
