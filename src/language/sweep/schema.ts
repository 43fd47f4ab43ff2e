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
    "What every gate of the base becomes: a kind with its options (`swap-attention`), `none` (`remove-attention`), or `kept`.",
  ),
  eachGate: gateSetting.describe(
    "The same of each gate by itself: an axis for every gate of the base, so that a sample is mostly what one wants.",
  ),
  kRule: kernelRule.describe("γ and b of the rule by which ECA's kernel size follows from the channels."),
  reduction: z.number().positive().max(65536).describe("By what SE divides the channels: 16 in its paper."),
  gatedStages: z.array(z.int().min(0)).describe("The stages that keep their gates; those of others go."),
  expansion: z.number().positive().max(64).describe("`expansion` of every stage that has one of its own."),
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
  from: z.number().describe("The least value."),
  to: z.number().describe("The greatest."),
  step: z
    .number()
    .positive()
    .optional()
    .describe("Between two values. A sample needs none: it draws any number of the range."),
  scale: z
    .enum(["linear", "log"])
    .default("linear")
    .describe("How a sample without a step is drawn: log makes each ratio as likely as another."),
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
  $schema: z.string().optional().describe("Place of the JSON Schema, for editors; ecagen doesn't read it."),
  name: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe("Name of the sweep. Left out: the file's name without `.json`."),
  description: z.string().optional().describe("What the sweep is for, in a sentence."),
  base: z
    .union([reference, z.array(reference).min(1).max(1000)], {
      error: "expected a spec or an ONNX file, or a list of them",
    })
    .describe(
      "The network that is varied, or several: a spec's path relative to this file, the name of a spec that ships with ecagen, or an ONNX file.",
    ),
  list: z
    .array(z.looseObject(mapped((value) => value)))
    .min(1)
    .max(100_000)
    .optional()
    .describe(
      "Variants that are written out: of each, fields and their values. Axes vary every one of them.",
    ),
  axes: z
    .object(mapped(axisOf))
    .catchall(axisOf(z.unknown()))
    .prefault({})
    .describe(
      "What is varied, each with its values or their range: fields of the spec by the paths of `--set`, as `head.dropout`, and the words below. The variants are all combinations.",
    ),
  sample: z
    .strictObject({
      count: z.int().min(1).max(100_000).describe("How many variants."),
      seed: z
        .int()
        .min(0)
        .max(2 ** 31 - 1)
        .default(0)
        .describe("Seed of the draws. An axis more or less changes no draw of another."),
    })
    .optional()
    .describe("Takes so many of the combinations, drawn at random and each once, in place of all."),
  constraints: z
    .array(z.string().min(1))
    .max(64)
    .default([])
    .describe(
      "What a variant has to keep to, as `parameters < 5e6` or `macs <= 400M`; one that does not is counted, and neither verified nor timed.",
    ),
  front: z
    .tuple([z.string(), z.string()])
    .default(["least macs", "least parameters"])
    .describe(
      "The two numbers that are weighed against each other, across and up in the picture, each with `least` or `most`.",
    ),
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
