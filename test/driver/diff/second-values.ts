import * as z from "zod";

/** A field of a schema of objects, by its path from the object. */
export interface Field {
  readonly path: readonly (string | number)[];
  readonly schema: z.ZodType;
}

/** Seen through optional, nullable, default and lazy. */
export function inner(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodLazy
    ? inner(schema.unwrap() as z.ZodType)
    : schema;
}

/** Every field of an object and of the objects in it; lists, unions and records are one field. */
export function fieldsOf(schema: z.ZodType, path: readonly (string | number)[] = []): readonly Field[] {
  const object = inner(schema);
  return object instanceof z.ZodObject
    ? Object.entries(object.shape).flatMap(([key, field]) => fieldsOf(field as z.ZodType, [...path, key]))
    : [{ path, schema }];
}

/** The value that a field has where nothing is written; undefined without a default. */
export function defaultOf(schema: z.ZodType): unknown {
  const parsed = schema.safeParse(undefined);
  return parsed.success ? parsed.data : undefined;
}

/** Values that a field may have in place of another, the nearest first; every word of an enumeration. */
export function secondValues(schema: z.ZodType, current: unknown): readonly unknown[] {
  return candidates(inner(schema), current).filter(
    (value) => JSON.stringify(value) !== JSON.stringify(current) && schema.safeParse(value).success,
  );
}

function candidates(schema: z.ZodType, current: unknown): readonly unknown[] {
  if (schema instanceof z.ZodEnum) return schema.options;
  if (schema instanceof z.ZodLiteral) return [...schema.values];
  if (schema instanceof z.ZodBoolean) return [true, false];
  if (schema instanceof z.ZodNumber) return numbersNear(typeof current === "number" ? current : 2);
  if (schema instanceof z.ZodString) return [`${current ?? ""}x`, "C1", "C2", "1 == 0"];
  if (schema instanceof z.ZodArray) {
    const element = schema.element as z.ZodType;
    const list = Array.isArray(current) ? (current as readonly unknown[]) : [];
    const first = candidates(inner(element), list[0]);
    return [...first.map((value) => [value, ...list.slice(1)]), ...first.map((value) => [...list, value])];
  }
  if (schema instanceof z.ZodTuple) {
    const list = Array.isArray(current) ? (current as readonly unknown[]) : schema.def.items.map(() => 1);
    return list.flatMap((value, i) =>
      numbersNear(Number(value)).map((other) => list.map((each, at) => (at === i ? other : each))),
    );
  }
  if (schema instanceof z.ZodUnion) {
    return (schema.options as readonly z.ZodType[]).flatMap((option) => candidates(inner(option), current));
  }
  return [];
}

function numbersNear(value: number): readonly number[] {
  return [
    value + 1,
    value + 2,
    value * 2,
    value - 1,
    value / 2,
    value + 0.25,
    value / 4,
    4,
    8,
    16,
    1,
    3,
    5,
    7,
    0.3,
    1e-3,
  ];
}

/** A copy of a value with another one at a path. */
export function withValue(value: unknown, path: readonly (string | number)[], other: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return other;
  const changed = withValue(
    (value as Readonly<Record<string | number, unknown>> | undefined)?.[key],
    rest,
    other,
  );
  if (Array.isArray(value)) return value.map((each, i) => (i === key ? changed : each));
  return { ...(value as object | undefined), [key]: changed };
}

export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce(
    (each, key) => (each as Readonly<Record<string | number, unknown>> | undefined)?.[key],
    value,
  );
}
