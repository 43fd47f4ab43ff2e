import * as z from "zod";
import type { JsonSchema } from "../json-schema.js";
import { sweepSchema } from "./schema.js";

/** The form of sweep files as JSON Schema (draft-07, which editors know). */
export function sweepJsonSchema(): JsonSchema {
  const { $schema, ...root } = z.toJSONSchema(sweepSchema, {
    target: "draft-7",
    io: "input",
    override({ jsonSchema }) {
      // zod writes the range of safe integers as limits of every integer.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  }) as JsonSchema;
  return {
    $schema,
    $id: "https://unpkg.com/ecagen/schema/sweep.schema.json",
    title: "ecagen sweep",
    description: "A sweep: variants of networks, for ecagen sweep.",
    ...root,
  } as JsonSchema;
}
