import * as z from "zod";

/** A required field, item or section whose schema is made when it first checks a value; `optional()` and `default()` leave it so. */
export function late<T extends z.ZodType>(make: () => T): z.ZodLazy<T> {
  return knownLate(make, { optin: undefined, optout: undefined });
}

/** A variant of a discriminated union, whose `key` is `word`; it is made when a value is of it. */
export function lateVariant<T extends z.ZodObject>(key: string, word: string, make: () => T): z.ZodLazy<T> {
  return knownLate(make, { optin: undefined, optout: undefined, propValues: { [key]: new Set([word]) } });
}

/** `known` is what zod asks of a schema before it checks a value by it: whether it may be left out, and how it is told from other variants. */
function knownLate<T extends z.ZodType>(
  make: () => T,
  known: Partial<Pick<z.core.$ZodTypeInternals, "optin" | "optout" | "propValues">>,
): z.ZodLazy<T> {
  const schema = z.lazy(make);
  for (const [key, value] of Object.entries(known)) Object.defineProperty(schema._zod, key, { value });
  return schema;
}
