import { Defect } from "../base/diagnostic.js";
import type { LoadedSpec } from "./load.js";
import { type FilledSpec, specSchemasFor } from "./schema.js";
import { NO_STEM } from "./sections.js";

/** A spec that says by itself what another one leaves to bases, shorthands and defaults. */
export type FullSpec = Omit<FilledSpec, "extends" | "attention" | "stem"> & {
  readonly name: string;
  readonly stem: NonNullable<FilledSpec["stem"]> | typeof NO_STEM;
};

/**
 * A spec in full: its bases merged, its shorthands expanded, every default written. Repeats and `scaling` stay as they are, since the names of
 * blocks and weights follow from them. It compiles to the same bytes.
 *
 * The gate of the network is not in it: each stage has its own, or none.
 */
export function fullSpec({ document, resolved }: LoadedSpec): FullSpec {
  const { value } = document;
  const parsed = specSchemasFor(value).spec.safeParse(value);
  if (!parsed.success) throw new Defect("a spec that was loaded does not fit the schema");
  const { $schema, extends: _, attention: __, stem, preprocessing, ...rest } = parsed.data;
  return {
    ...($schema === undefined ? {} : { $schema }),
    ...rest,
    name: resolved.name,
    stem: stem ?? NO_STEM,
    // A network of signals has none.
    ...(resolved.preprocessing === undefined ? {} : { preprocessing }),
  } as FullSpec;
}
