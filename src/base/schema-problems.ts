import type * as z from "zod";
import type { JsonPath } from "./json-path.js";
import { keysAt, valueAt } from "./schema-walk.js";

/**
 * What a schema has against a value, one problem for each mistake, at its path. Specs and options of passes put it into their own
 * words.
 */
export type SchemaProblem = { readonly path: JsonPath; readonly given: unknown } & (
  | { readonly kind: "unknown-key"; readonly key: string; readonly known: readonly string[] }
  /** `words`: those that are possible, where these are all. */
  | { readonly kind: "missing"; readonly words?: readonly string[] }
  /** `message`: the schema's own. */
  | { readonly kind: "wrong-type"; readonly expected: string; readonly message: string }
  | { readonly kind: "out-of-range"; readonly limit: string }
  /** `discriminator`: the key that tells variants of an object apart, where the word is its value. */
  | { readonly kind: "unknown-word"; readonly words: readonly string[]; readonly discriminator?: string }
  | { readonly kind: "invalid-name"; readonly message: string }
  /** None of the forms that a value may have there, of which `words` are some; the message is the schema's own: `expected …`. */
  | { readonly kind: "no-form"; readonly message: string; readonly words: readonly string[] }
  | { readonly kind: "invalid"; readonly message: string }
);

/** The refusals of `schema` for `value`, as problems. */
export function schemaProblems(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  value: unknown,
): readonly SchemaProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, schema, value, []));
}

function problemsOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  value: unknown,
  base: JsonPath,
): readonly SchemaProblem[] {
  const path = [...base, ...issue.path] as JsonPath;
  const given = valueAt(value, path);
  const at = { path, given };
  const { message } = issue;
  const choice = (words: readonly string[], discriminator?: string): readonly SchemaProblem[] =>
    given === undefined
      ? [{ ...at, kind: "missing", words }]
      : [{ ...at, kind: "unknown-word", words, ...(discriminator === undefined ? {} : { discriminator }) }];
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schema, path, value);
      return issue.keys.map((key) => ({ ...at, kind: "unknown-key", key, known }));
    }
    case "invalid_type":
      if (given === undefined) return [{ ...at, kind: "missing" }];
      return [{ ...at, kind: "wrong-type", expected: issue.expected, message }];
    case "too_small":
    case "too_big":
      return [{ ...at, kind: "out-of-range", limit: limitWords(issue) }];
    case "invalid_value":
      return choice(issue.values.map(String));
    case "invalid_union": {
      if (issue.discriminator !== undefined) return choice(optionsOf(issue), issue.discriminator);
      const meant = meantIssues(issue);
      if (meant !== undefined) return meant.flatMap((each) => problemsOf(each, schema, value, path));
      const words = issue.errors
        .flat()
        .flatMap((each) => (each.code === "invalid_value" ? each.values.map(String) : []));
      // A union with words of its own says better what it takes.
      if (message === "Invalid input" || given === undefined) return choice(words);
      return [{ ...at, kind: "no-form", message, words }];
    }
    case "invalid_key":
      return [{ ...at, kind: "invalid-name", message: issue.issues[0]?.message ?? message }];
    default:
      return [{ ...at, kind: "invalid", message }];
  }
}

/** What the variant that a value belongs to by its type has against it: that one its author meant. Undefined where it is of none. */
export function meantIssues({
  errors,
}: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  return errors.find((issues) => issues.length > 0 && issues.every(isInside));
}

/** Whether it is about a part of the value, and not about the value as a whole. */
function isInside({ path: [step], code }: z.core.$ZodIssue): boolean {
  return step !== undefined || code === "unrecognized_keys";
}

/** The values that the discriminator of a union may have. */
function optionsOf(issue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  return "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

/** What a value is or should be, as people call it: `integer`, `list`, `true or false`. */
export function typeWord(type: string): string {
  return TYPE_WORDS[type] ?? type;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  array: "list",
  boolean: "true or false",
  int: "integer",
  record: "object",
  string: "text",
};

/** The limit that a value missed: `must be at least 13`, `must have at most 4 items`, `must be over 0`. */
function limitWords(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const [limit, atLimit, beyond] =
    issue.code === "too_small" ? [issue.minimum, "at least", "over"] : [issue.maximum, "at most", "below"];
  const counted = { array: "item", string: "character" }[issue.origin as string];
  if (counted !== undefined)
    return `must have ${atLimit} ${limit} ${counted}${Number(limit) === 1 ? "" : "s"}`;
  return `must be ${issue.inclusive === false ? beyond : atLimit} ${limit}`;
}

/** The values that are possible: `one of "same", "symmetric"`. */
export function choiceWords(values: readonly string[]): string {
  const words = values.map((value) => JSON.stringify(value));
  return words.length === 1 ? String(words[0]) : `one of ${words.join(", ")}`;
}
