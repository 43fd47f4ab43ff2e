import * as z from "zod";
import { lateVariant } from "../../base/late-schemas.js";
import { ATTENTION_TYPES, type AttentionOptions, attentionModules } from "./modules.js";

type Written<M extends z.ZodRawShape> = AttentionOptions & z.output<z.ZodObject<M>>;

/**
 * The schema of `{ type, ...options }` of any attention module, with `more` keys beside them. It is made of the modules'
 * own schemas, so a new kind of attention is known wherever gates are written.
 */
export function attentionObject<M extends z.ZodRawShape>(more: M): z.ZodType<Written<M>> {
  const [first, ...rest] = ATTENTION_TYPES.map((type) =>
    lateVariant("type", type, () =>
      z.strictObject({
        type: z.literal(type).describe("Type of the gate."),
        ...attentionModules[type].options.shape,
        ...more,
      }),
    ),
  );
  if (first === undefined) throw new RangeError("there is no attention module");
  // TypeScript can't follow the modules' options through the map.
  return z.discriminatedUnion("type", [first, ...rest]) as unknown as z.ZodType<Written<M>>;
}
