import * as z from "zod";
import { once } from "../../base/late.js";
import { lateVariant } from "../../base/late-schemas.js";
import { activationName } from "../fields.js";
import { valueFields } from "../values.js";

// What the schemas of layers are made of.

/** The word for a layer without an activation. */
export const NO_ACTIVATION = "none";

/** A number, or an expression that gives one. */
export const amount = z.union([z.number(), z.string().min(1)], {
  error: "expected a number or an expression",
});
export type Amount = z.output<typeof amount>;

/** One for both axes, or height and width. */
export const pair = z.union([amount, z.tuple([amount, amount])], {
  error: "expected a number, an expression, or a list of two of them",
});
export type AmountPair = z.output<typeof pair>;

/** The words for paddings of convolutions, and of poolings. */
export const PADDINGS = ["symmetric", "same", "valid"] as const;
export const POOL_PADDINGS = [...PADDINGS, "ceil"] as const;

export function paddingError(words: readonly string[]): string {
  return `expected ${words.map((word) => JSON.stringify(word)).join(", ")}, a number, an expression, or a list of two of them`;
}

/** What every layer may say. */
export const common = once(() => ({
  name: z
    .string()
    .regex(/^[A-Za-z][\w-]{0,39}$/, {
      error: "a name has letters, digits, _ and -, and begins with a letter",
    })
    .optional()
    .describe("Name in the network's scopes and parameters. Default: the layer's index in its list."),
  when: z
    .string()
    .min(1)
    .optional()
    .describe("Condition: an expression that is true or false. If it is false, the layer is left out."),
  ...valueFields(),
}));

/** A layer of that kind: the schema of what a definition writes, made when a definition has one. */
export function layer<const K extends string, F extends z.ZodRawShape>(
  kind: K,
  description: string,
  fields: () => F,
) {
  return lateVariant("layer", kind, () =>
    z.strictObject({ layer: z.literal(kind).describe(description), ...fields() }),
  );
}

export const activationOrNone = once(() =>
  z
    .enum([...activationName.options, NO_ACTIVATION])
    .optional()
    .describe("Activation at the end of the layer. Default: that of the block."),
);
