import * as z from "zod";
import type { JsonPath } from "../base/json-path.js";
import { meantIssues } from "../base/schema-problems.js";
import { schemaAt, valueAt } from "../base/schema-walk.js";
import type { FilledSpec, SpecSchemas } from "./schema.js";

/**
 * Two specs that the schema accepts, instead of one that it refused: every refused value is replaced by one allowed
 * value in the first, by another in the second. What the rules say of both in the same words doesn't depend on the
 * refused values, so it is true of the spec as it will be when these are fixed.
 *
 * Empty where no allowed values were found.
 */
export function substitutes(value: unknown, schemas: SpecSchemas): readonly FilledSpec[] {
  const [one, other] = [0, 1].map((choice) => substitute(value, choice, schemas.spec));
  return one === undefined || other === undefined ? [] : [one, other];
}

/** Replacing a value may uncover mistakes behind it: an unknown block hid that one of its fields is missing. */
const ROUNDS = 12;

function substitute(value: unknown, choice: number, schema: SpecSchemas["spec"]): FilledSpec | undefined {
  const copy: unknown = structuredClone(value);
  for (let round = 0; round < ROUNDS; round++) {
    const { data, error } = schema.safeParse(copy);
    if (data !== undefined) return data;
    for (const issue of error.issues) replaceRefused(copy, issue, choice, schema);
  }
  return undefined;
}

function replaceRefused(
  root: unknown,
  issue: z.core.$ZodIssue,
  choice: number,
  schema: SpecSchemas["spec"],
): void {
  const path = issue.path as JsonPath;
  const inside = issue.code === "invalid_union" ? meantIssues(issue) : undefined;
  if (inside !== undefined) {
    for (const each of inside)
      replaceRefused(root, { ...each, path: [...path, ...each.path] }, choice, schema);
  } else if (issue.code === "unrecognized_keys") {
    for (const key of issue.keys) put(root, [...path, key], undefined);
  } else if (issue.code === "invalid_key") {
    put(root, path, undefined);
  } else if (issue.code === "invalid_union" && issue.discriminator !== undefined) {
    const variants = schemaAt(schema, path.slice(0, -1), root);
    put(root, path, pick(wordsOf(variants, issue.discriminator, valueAt(root, path.slice(0, -1))), choice));
  } else {
    const field = schemaAt(schema, path, root);
    put(root, path, field && pick(allowedValues(field), choice));
  }
}

/** The words that choose a variant, those first that leave the least to fix in the object. */
function wordsOf(variants: z.ZodType | undefined, key: string, object: unknown): readonly unknown[] {
  // A gate stands alone or in a list of them.
  if (variants instanceof z.ZodUnion && !(variants instanceof z.ZodDiscriminatedUnion)) {
    const options = variants.options as readonly z.ZodType[];
    return options.map((each) => wordsOf(each, key, object)).find(({ length }) => length > 0) ?? [];
  }
  if (!(variants instanceof z.ZodDiscriminatedUnion)) return [];
  const words = (variants.options as readonly z.ZodType[]).flatMap((option) => [
    ...(option._zod.propValues?.[key] ?? []),
  ]);
  const mistakes = (word: unknown): number =>
    variants.safeParse({ ...(object as object), [key]: word }).error?.issues.length ?? 0;
  return words
    .map((word) => ({ word, rest: mistakes(word) }))
    .sort((a, b) => a.rest - b.rest)
    .map(({ word }) => word);
}

/**
 * Values that most fields allow two of: numbers far enough apart to stay different when channels are rounded, levels, words of
 * definitions. Objects and lists are filled in the next rounds.
 */
const NUMBERS = [1, 40, 3, 2, 5, 8, 0.5, 0.25, 0];
const PROBES: readonly unknown[] = [
  ...NUMBERS,
  true,
  false,
  "C2",
  "C3",
  "input",
  "in",
  [],
  [1],
  [3],
  ["input", "input"],
  {},
  [{}],
];

function allowedValues(field: z.ZodType): readonly unknown[] {
  const words: readonly unknown[] = field instanceof z.ZodEnum ? field.options : [];
  const allowed = [...words, ...PROBES].filter((probe) => field.safeParse(probe).success);
  if (allowed.length > 0) return allowed;
  if (field instanceof z.ZodDiscriminatedUnion) {
    const key = field.def.discriminator;
    return wordsOf(field, key, {}).map((word) => ({ [key]: word }));
  }
  return field instanceof z.ZodArray ? [[{}]] : [{}];
}

function pick(values: readonly unknown[], choice: number): unknown {
  return values[Math.min(choice, values.length - 1)];
}

/** Sets the value at a path, or removes what stands there; nothing where an earlier replacement took the object away. */
function put(root: unknown, path: JsonPath, value: unknown): void {
  const key = path.at(-1);
  const parent = valueAt(root, path.slice(0, -1));
  if (key === undefined || typeof parent !== "object" || parent === null) return;
  const fields = parent as Record<string, unknown>;
  if (value !== undefined) fields[key] = structuredClone(value);
  // An item can't go: the paths of the next ones would be others.
  else if (!Array.isArray(parent)) delete fields[key];
}
