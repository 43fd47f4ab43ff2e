import * as z from "zod";
import { ATTENTION_TYPES } from "../../ir/attention/modules.js";
import { attentionObject } from "../../ir/attention/options.js";
import { NO_ATTENTION } from "../attention.js";

/** The word for a gate that stays what it is in the base. */
export const KEPT = "kept";

/** What becomes of gates: they stay, go, or become others. */
const gateSetting = z
  .union([z.enum([KEPT, NO_ATTENTION, ...ATTENTION_TYPES]), attentionObject({})])
  .meta({ id: "gate", description: "`kept`, `none`, a kind of attention, or a kind with its options." });

const kernelRule = z.strictObject({
  gamma: z.number().min(0.01).max(100).optional().describe("γ of the rule, 2 in the paper."),
  b: z.number().min(-100).max(100).optional().describe("b of the rule, 1 in the paper."),
});

/** The settings that stand for more than one field, each with what a value of it may be. */
const SETTINGS = {
  gates: gateSetting.describe(
    "Replacement for all gates of the base: a kind with its options (`swap-attention`), `none` (`remove-attention`), or `kept`.",
  ),
  eachGate: gateSetting.describe(
    "The same for each gate separately: one axis per gate of the base. There are many combinations, so use a sample.",
  ),
  kRule: kernelRule.describe("γ and b of the rule that computes ECA's kernel size from the channels."),
  reduction: z
    .number()
    .positive()
    .max(65536)
    .describe("SE's reduction: the divisor of the channels, 16 in its paper."),
  gatedStages: z
    .array(z.int().min(0))
    .describe("Stages that keep their gates; gates of other stages are removed."),
  expansion: z.number().positive().max(64).describe("`expansion` of every stage that has this field."),
  width: z.number().positive().max(64).describe("Factor of all channels: `scaling.width`."),
  depth: z.number().positive().max(16).describe("Factor of all repeats: `scaling.depth`."),
  resolution: z
    .int()
    .min(1)
    .max(8192)
    .describe("Height and width of the input, or the length of a signal, as `--resolution`."),
} as const;

export type SweepWord = keyof typeof SETTINGS;
export const SWEEP_WORDS = Object.keys(SETTINGS) as readonly SweepWord[];

export function isSweepWord(key: string): key is SweepWord {
  return Object.hasOwn(SETTINGS, key);
}

export const rangeSchema = z.strictObject({
  from: z.number().describe("Minimum."),
  to: z.number().describe("Maximum."),
  step: z
    .number()
    .positive()
    .optional()
    .describe("Step between values. Optional with a sample, which can draw any number of the range."),
  scale: z
    .enum(["linear", "log"])
    .default("linear")
    .describe("Distribution of a sample without a step; log: uniform in the logarithm."),
});

export type WrittenRange = z.output<typeof rangeSchema>;

const AXIS_ERROR = { error: "expected a list of values or a range as { from, to, step }" };

function axisOf(value: z.ZodType): z.ZodType {
  return z.union([z.array(value).min(1).max(10_000), rangeSchema], AXIS_ERROR);
}

function mapped(make: (value: z.ZodType) => z.ZodType): Record<string, z.ZodType> {
  return Object.fromEntries(
    Object.entries(SETTINGS).map(([name, value]) => [
      name,
      make(value)
        .optional()
        .describe(value.description ?? ""),
    ]),
  );
}

const reference = z.string().min(1);

/** A sweep as its file says it. It is the one source of the types, the checks, the JSON Schema and the documentation. */
export const sweepSchema = z.strictObject({
  $schema: z.string().optional().describe("Location of the JSON Schema, for editors; ecagen ignores it."),
  name: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Name of the sweep. Default: the file's name without `.json`."),
  description: z.string().optional().describe("Description of the sweep, in a sentence."),
  base: z
    .union([reference, z.array(reference).min(1).max(1000)], {
      error: "expected a spec or an ONNX file, or a list of them",
    })
    .describe(
      "One or more networks to vary: a spec's path relative to this file, the name of a spec that ships with ecagen, or an ONNX file.",
    ),
  list: z
    .array(z.looseObject(mapped((value) => value)))
    .min(1)
    .max(100_000)
    .optional()
    .describe("Explicit variants, each with fields and their values. The axes are applied to each of them."),
  axes: z
    .object(mapped(axisOf))
    .catchall(axisOf(z.unknown()))
    .prefault({})
    .describe(
      "Fields to vary, each with a list of values or a range: paths of the spec as in `--set`, such as `head.dropout`, and the keys below. The variants are all combinations.",
    ),
  sample: z
    .strictObject({
      count: z.int().min(1).max(100_000).describe("Number of variants."),
      seed: z
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .default(0)
        .describe("Seed of the sample. Adding or removing an axis doesn't change the draws of other axes."),
    })
    .optional()
    .describe("Draws a random sample of the combinations, without repetition, instead of all."),
  constraints: z
    .array(z.string().min(1))
    .max(64)
    .default([])
    .describe(
      "Constraints on variants, such as `parameters < 5e6` or `macs <= 400M`. Variants that violate one are counted, but neither verified nor timed.",
    ),
  front: z
    .tuple([z.string(), z.string()])
    .default(["least macs", "least parameters"])
    .describe("The two objectives, on the x and y axis of the picture, each with `least` or `most`."),
  verify: z
    .boolean()
    .default(false)
    .describe("Compiles every variant, runs it with ONNX Runtime and compares it, as `ecagen verify` does."),
  bench: z
    .boolean()
    .default(false)
    .describe("Times every variant on the CPU, one after the other, as `ecagen bench` does."),
});

export type WrittenSweep = z.output<typeof sweepSchema>;
