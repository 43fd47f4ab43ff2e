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
  names: weightNamesSchema
    .optional()
    .describe("What a file of weights calls the network's layers, where no framework does (`--names spec`)."),
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
export type FilledSpec = z.output<typeof specSchema>;

export type Stem = NonNullable<FilledSpec["stem"]>;
