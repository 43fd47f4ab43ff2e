import * as z from "zod";
import type { JsonPath } from "../base/json-path.js";

/**
 * The schema of the value at a path, seen through optional, nullable, default and lazy; undefined where the path leaves
 * the schema.
 */
export function schemaAt(schema: z.ZodType, path: JsonPath, value: unknown): z.ZodType | undefined {
  const inner = unwrap(schema);
  const [step, ...rest] = path;
  if (step === undefined) return inner;
  if (inner instanceof z.ZodArray) {
    return schemaAt(
      inner.element as z.ZodType,
      rest,
      (value as readonly unknown[] | undefined)?.[Number(step)],
    );
  }
  const object = variantOf(inner, value);
  if (object instanceof z.ZodRecord) {
    return schemaAt(
      object.valueType as z.ZodType,
      rest,
      (value as Readonly<Record<string, unknown>> | undefined)?.[String(step)],
    );
  }
  if (!(object instanceof z.ZodObject)) return undefined;
  const field: z.ZodType | undefined = object.shape[String(step)];
  return (
    field && schemaAt(field, rest, (value as Readonly<Record<string, unknown>> | undefined)?.[String(step)])
  );
}

/** The keys that the object at a path may have. */
export function keysAt(schema: z.ZodType, path: JsonPath, value: unknown): readonly string[] {
  const at = schemaAt(schema, path, value);
  const here = path.reduce<unknown>(
    (each, step) => (each as Readonly<Record<string, unknown>>)?.[step],
    value,
  );
  const object = at && variantOf(at, here);
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodLazy
  ) {
    return unwrap(schema.unwrap() as z.ZodType);
  }
  return schema;
}

/** The variant of a union that the discriminator of a value chooses, or its only object; other schemas as they are. */
function variantOf(union: z.ZodType, value: unknown): z.ZodType | undefined {
  if (!(union instanceof z.ZodDiscriminatedUnion)) {
    if (!(union instanceof z.ZodUnion)) return union;
    return (union.options as readonly z.ZodType[]).find((option) => option instanceof z.ZodObject) ?? union;
  }
  const key = union.def.discriminator;
  const chosen = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return (union.options as readonly z.ZodType[]).find(
    (option) => option instanceof z.ZodObject && (option.shape[key] as z.ZodType).safeParse(chosen).success,
  );
}
