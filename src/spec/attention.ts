import * as z from "zod";
import { ATTENTION_TYPES, type AttentionOptions, attentionModules } from "../ir/attention/registry.js";

/** The word that a spec writes for a block without a gate. */
export const NO_ATTENTION = "none";

/**
 * `{ type, ...options }` of any attention module. Everything comes from the module registry, so a new kind of
 * attention needs no change here. What can't be said of one option alone is the module's `plan` to refuse.
 */
export const attentionSchema = z
  .discriminatedUnion(
    "type",
    perModule((type) =>
      z.strictObject({
        type: z.literal(type).describe("Type of the gate."),
        ...attentionModules[type].options.shape,
      }),
    ),
  )
  .meta({
    id: "attention",
    description: "The gate of a block, by its type and that type's options.",
  }) as unknown as z.ZodType<AttentionOptions>;

/** Options by attention type that fill in what a block's own `attention` leaves out; all of them may be left out. */
export const attentionDefaultsSchema = z.strictObject(
  Object.fromEntries(
    ATTENTION_TYPES.map((type) => [
      type,
      z.optional(z.strictObject(allOptional(type)).describe(describe(type))),
    ]),
  ),
);

function describe(type: (typeof ATTENTION_TYPES)[number]): string {
  return `Options of ${attentionModules[type].title} for every block that leaves them out.`;
}

function allOptional(type: (typeof ATTENTION_TYPES)[number]): z.ZodRawShape {
  const shape: Readonly<Record<string, z.ZodType>> = attentionModules[type].options.shape;
  return Object.fromEntries(Object.entries(shape).map(([key, option]) => [key, z.optional(option)]));
}

function perModule<S>(make: (type: (typeof ATTENTION_TYPES)[number]) => S): [S, ...S[]] {
  return ATTENTION_TYPES.map(make) as [S, ...S[]];
}
