import * as z from "zod";
import type { JsonPath } from "./json-path.js";

/** The value at a path; undefined where there is none. */
export function valueAt(root: unknown, path: JsonPath): unknown {
  return path.reduce<unknown>(
    (each, step) =>
      typeof each === "object" && each !== null && Object.hasOwn(each, step)
        ? (each as Readonly<Record<string | number, unknown>>)[step]
        : undefined,
    root,
  );
}

/**
 * The schema of the value at a path, seen through optional, nullable, default and lazy; undefined where the path leaves
 * the schema.
 */
export function schemaAt(schema: z.ZodType, path: JsonPath, value: unknown): z.ZodType | undefined {
  const inner = unwrap(schema);
  const [step, ...rest] = path;
  if (step === undefined) return inner;
  const object = inner instanceof z.ZodArray ? inner : variantOf(inner, value);
  const field =
    object instanceof z.ZodArray
      ? (object.element as z.ZodType)
      : object instanceof z.ZodRecord
        ? (object.valueType as z.ZodType)
        : object instanceof z.ZodObject && Object.hasOwn(object.shape, step)
          ? (object.shape[String(step)] as z.ZodType)
          : undefined;
  return field && schemaAt(field, rest, valueAt(value, [step]));
}

/** The keys that the object at a path may have. */
export function keysAt(schema: z.ZodType, path: JsonPath, value: unknown): readonly string[] {
  const at = schemaAt(schema, path, value);
  const object = at && variantOf(at, valueAt(value, path));
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

/**
 * The variant of a union that the discriminator of a value chooses, or its only object; for a list its list. Other schemas
 * as they are.
 */
function variantOf(schema: z.ZodType, value: unknown): z.ZodType | undefined {
  if (!(schema instanceof z.ZodUnion)) return schema;
  const options = schema.options as readonly z.ZodType[];
  if (!(schema instanceof z.ZodDiscriminatedUnion)) {
    const form = Array.isArray(value) ? z.ZodArray : z.ZodObject;
    return (
      options.map((each) => variantOf(unwrap(each), value)).find((each) => each instanceof form) ?? schema
    );
  }
  const key = schema.def.discriminator;
  const chosen = valueAt(value, [key]);
  const variant = options.find((option) =>
    option._zod.propValues?.[key]?.has(chosen as z.core.util.Primitive),
  );
  return variant && unwrap(variant);
}
