import * as z from "zod";
import { late } from "../base/late-schemas.js";
import { ATTENTION_TYPES, attentionModules } from "../ir/attention/modules.js";
import { attentionObject } from "../ir/attention/options.js";
import { ATTENTION_POSITIONS, type AttentionPosition } from "./positions.js";

/** The word that a spec writes for a block without a gate. */
export const NO_ATTENTION = "none";

const positionNames = Object.keys(ATTENTION_POSITIONS) as [AttentionPosition, ...AttentionPosition[]];

/** What a spec says of any gate beside its options. */
export const positionFields = {
  position: z
    .enum(positionNames)
    .optional()
    .describe(
      `Position of the gate in the block. Default: that of the block type. ${positionNames.map((name) => `${name}: ${ATTENTION_POSITIONS[name]}`).join(". ")}.`,
    ),
  blocks: z
    .array(z.int().min(0))
    .min(1)
    .optional()
    .describe("Indexes of the stage's blocks that have the gate, from 0. Default: all blocks."),
  residual: z
    .boolean()
    .optional()
    .describe(
      "Whether the gate's input is added to its output: x · (1 + g) for a gate that multiplies. Default: false.",
    ),
} as const;

/** `{ type, ...options }` of any attention module, with its position. What can't be said of one option alone is its `plan` to refuse. */
export const attentionSchema = attentionObject(positionFields).meta({
  id: "attention",
  description: "The gate of a block, by its type and that type's options.",
});

/** A gate as a spec writes it: what it is, and where. */
export type WrittenAttention = z.output<typeof attentionSchema>;

/** The most gates that a block can have. */
const MOST_GATES = 8;

const oneOrSeveral = () =>
  z.union([attentionSchema, z.array(attentionSchema).min(1).max(MOST_GATES)], {
    error: "expected a gate's type, an object with a type, or a list of those",
  });

/** What a stage, or the network, says of gates: one, several in the order in which a block has them, or `none` (shorthand.ts). */
export const gatesSchema = oneOrSeveral();

export type WrittenGates = z.output<typeof gatesSchema>;

/** The gates of a layer: one without any is left out, so they can't be `none`. */
export const layerGatesSchema = oneOrSeveral();

/** The keys that only the gates of a stage have: one of a layer stands where that is. */
export const STAGE_GATE_KEYS = ["position", "blocks"] as const;

/** Gates as a list, each with its place below the `attention` that says it. */
export function listedGates(
  gates: WrittenGates | undefined,
): readonly { readonly gate: WrittenAttention; readonly item?: number }[] {
  if (gates === undefined) return [];
  return Array.isArray(gates) ? gates.map((gate, item) => ({ gate, item })) : [{ gate: gates }];
}

/** Options by attention type that fill in what a block's own `attention` leaves out; all of them may be left out. */
export const attentionDefaultsSchema = late(() =>
  z.strictObject(
    Object.fromEntries(
      ATTENTION_TYPES.map((type) => [
        type,
        late(() => z.strictObject(allOptional(type)).describe(describe(type))).optional(),
      ]),
    ),
  ),
);

function describe(type: (typeof ATTENTION_TYPES)[number]): string {
  return `Options of ${attentionModules[type].title} for every block that leaves them out.`;
}

function allOptional(type: (typeof ATTENTION_TYPES)[number]): z.ZodRawShape {
  const shape: Readonly<Record<string, z.ZodType>> = {
    ...attentionModules[type].options.shape,
    ...positionFields,
  };
  return Object.fromEntries(Object.entries(shape).map(([key, option]) => [key, z.optional(option)]));
}
