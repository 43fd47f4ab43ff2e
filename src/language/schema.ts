import * as z from "zod";
import { gatesSchema } from "./attention.js";
import { BLOCK_TYPES, type Stage, stageSchemas } from "./blocks/registry.js";
import { definedStageSchema, definitionsSchema } from "./definitions/definition.js";
import { detectionSchema } from "./detection/schema.js";
import { mapHeadsSchema, neckSchema } from "./neck/schema.js";
import { labelsSchema, preprocessingSchema } from "./preprocessing.js";
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
import { weightNamesSchema } from "./weight-names.js";

const passEntrySchema = z.union(
  [
    z.string().min(1),
    z.looseObject({ pass: z.string().describe("Name of the pass; its options stand beside it.") }),
  ],
  { error: "expected a pass as an object or a pipeline as text" },
);

const STAGE_ERROR = { error: "expected a stage as an object or a block string" };

/** A stage in its full form; the block strings that stand for one are expanded before (`shorthand.ts`). */
export const stageSchema: z.ZodType<Stage, z.input<(typeof stageSchemas)[number]>> = z.discriminatedUnion(
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
export const specSchema = z.strictObject({
  $schema: z.string().optional().describe("Location of the JSON Schema, for editors; ecagen ignores it."),
  name: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Name of the network. Default: the file's name without `.json`. Not inherited by `extends`."),
  description: z
    .string()
    .optional()
    .describe("Description of the network, in a sentence. Not inherited by `extends`."),
  family: z.string().min(1).max(60).optional().describe("Family of the network; `ecagen list` groups by it."),
  extends: z
    .string()
    .optional()
    .describe(
      "The spec that this one changes: a path relative to this file, or the name of a spec that ships with ecagen.",
    ),
  input: inputSchema.prefault({}).describe("Size of one image; the counts are for this size."),
  scaling: scalingSchema.prefault({}).describe("Compound scaling (EfficientNet, ICML 2019, section 3.3)."),
  defaults: defaultsSchema.prefault({}).describe("Defaults for all layers."),
  attention: gatesSchema
    .optional()
    .describe(
      "Default gate, or list of gates, of all stages; `none` in a stage means no gate. It also applies to block strings without `se`.",
    ),
  blocks: definitionsSchema
    .default({})
    .describe("Blocks that the spec defines, by name; stages refer to them by `block`."),
  stem: stemSchema
    .nullable()
    .describe(
      "Layers before the first stage: convolutions with normalisation and activation, and a pooling; `none`: the first stage reads the image.",
    ),
  stages: stagesOf(stageSchema),
  neck: neckSchema
    .optional()
    .describe("Layers between the stages and the `heads`, over maps of several stages: a feature pyramid."),
  heads: mapHeadsSchema
    .optional()
    .describe(
      "Heads of a detector: layers that are applied to several maps, with one set of weights for all.",
    ),
  detection: detectionSchema
    .optional()
    .describe("How the results of heads are decoded into boxes, with or without a second stage."),
  head: headSchema
    .prefault({})
    .describe("1×1 convolution, global average pooling, dropout, linear classifier."),
  features: z
    .array(featureSchema)
    .max(64)
    .default([])
    .describe(
      'Feature maps that are outputs, in addition to the classifier\'s or instead of it: levels such as `"C2"`, or objects. Level Cn is the last map of stride 2ⁿ.',
    ),
  preprocessing: preprocessingSchema
    .prefault({})
    .describe("Preprocessing of images; `ecagen run` applies it (docs/run.md)."),
  labels: labelsSchema
    .optional()
    .describe("Names of the classes, one for each output of the classifier, in its order."),
  names: weightNamesSchema
    .optional()
    .describe("Names of the layers in a weight file that doesn't use a framework's names (`--names spec`)."),
  dropPath: rate
    .default(0)
    .describe(
      "Stochastic depth: probability of dropping a residual block's branch in training. Block i of n has rate · i / n, as in EfficientNet.",
    ),
  passes: z
    .array(passEntrySchema)
    .max(256)
    .default([])
    .describe(
      'Passes that are applied to the network, in order: `{ "pass": name, ...options }`, or pipelines as text.',
    ),
  expect: expectSchema
    .prefault({})
    .describe(
      "Published numbers; every compile checks them. Not inherited by `extends`: they belong to one network.",
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
export type FilledSpec = z.output<typeof specSchema>;

export type Stem = NonNullable<FilledSpec["stem"]>;
