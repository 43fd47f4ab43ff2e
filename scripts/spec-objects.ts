import { isDeepStrictEqual } from "node:util";
import type { JsonSchema } from "../src/language/json-schema.js";

/** An object with keys of its own, and where it stands: `stem.pool`; `features[]` for the objects of a list, `fields.*` of a map. */
export interface NestedObject {
  readonly names: readonly string[];
  readonly object: JsonSchema;
}

/** The objects below an object, each once, whatever forms and lists they stand in. What is a definition stands elsewhere. */
export function objectsBelow(schema: JsonSchema, prefix = ""): readonly NestedObject[] {
  const found: { names: string[]; object: JsonSchema }[] = [];
  for (const [name, object] of walk(schema, prefix)) {
    const same = found.find((each) => isDeepStrictEqual(each.object.properties, object.properties));
    if (same === undefined) found.push({ names: [name], object });
    else if (!same.names.includes(name)) same.names.push(name);
  }
  return found;
}

function* walk(schema: JsonSchema, prefix: string): Iterable<readonly [name: string, object: JsonSchema]> {
  for (const [key, property] of Object.entries(schema.properties ?? {})) {
    for (const [name, form] of formsOf(property, `${prefix}${key}`)) {
      if (form.properties === undefined) continue;
      yield [name, describedBy(form, property)];
      yield* walk(form, `${name}.`);
    }
  }
}

/** The forms that a value may have, those in lists and maps too. */
function* formsOf(
  schema: JsonSchema | boolean | undefined,
  name: string,
): Iterable<readonly [name: string, form: JsonSchema]> {
  if (typeof schema !== "object") return;
  yield [name, schema];
  for (const form of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) yield* formsOf(form, name);
  if (typeof schema.items === "object" && !Array.isArray(schema.items)) {
    yield* formsOf(schema.items as JsonSchema, `${name}[]`);
  }
  if (schema.properties === undefined) yield* formsOf(schema.additionalProperties, `${name}.*`);
}

/** A form with the description of the key whose value it is, where it has none itself. */
function describedBy(form: JsonSchema, property: JsonSchema | boolean): JsonSchema {
  const description = typeof property === "object" ? property.description : undefined;
  return form.description !== undefined || description === undefined ? form : { ...form, description };
}

/** The keys that some objects have in the same words, all of them or all but one: they are said once. */
export function commonKeys(objects: readonly JsonSchema[]): ReadonlySet<string> {
  const [first] = objects;
  const common = Object.entries(first?.properties ?? {}).filter(([key, property]) => {
    const having = objects.filter(({ properties }) => properties?.[key] !== undefined);
    const isSame = having.every(({ properties }) => isDeepStrictEqual(properties?.[key], property));
    return isSame && having.length >= Math.max(2, objects.length - 1);
  });
  return new Set(common.map(([key]) => key));
}

/** An object with some of its keys. */
export function withKeys(object: JsonSchema, holds: (key: string) => boolean): JsonSchema {
  const properties = Object.entries(object.properties ?? {}).filter(([key]) => holds(key));
  return { ...object, properties: Object.fromEntries(properties) };
}
