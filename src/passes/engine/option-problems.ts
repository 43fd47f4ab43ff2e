import * as z from "zod";
import { choiceWords, limitWords, typeWord } from "../../base/issue-words.js";
import type { JsonPath } from "../../base/json-path.js";
import { didYouMean } from "../../base/suggest.js";

/** What is wrong with the options of a pass, where in them, and what to do about it. */
export interface OptionProblem {
  readonly message: string;
  readonly path: JsonPath;
  readonly hint?: string;
}

/** Says the refusals of an options schema as people would, each at its own place. */
export function optionProblems(
  issues: readonly z.core.$ZodIssue[],
  schema: z.ZodType,
  options: unknown,
): readonly OptionProblem[] {
  return issues.flatMap((issue) => problemsOf(issue, schema, options, []));
}

function problemsOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  options: unknown,
  base: JsonPath,
): readonly OptionProblem[] {
  const path = [...base, ...issue.path] as JsonPath;
  const name = nameOf(path);
  const given = valueAt(options, path);
  const said = `${name} is ${JSON.stringify(given)}`;
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = knownKeys(schema, options, path);
      return issue.keys.map((key) => {
        const hint = known.length === 0 ? "it takes no options" : didYouMean(key, known);
        return withHint(`unknown option "${key}"`, [...path, key], hint);
      });
    }
    case "invalid_union": {
      const alternatives = matchingBranches(issue);
      if (alternatives !== undefined) {
        return alternatives.flatMap((each) => problemsOf(each, schema, options, path));
      }
      return [choice(said, given, path, wordsOf(issue))];
    }
    case "invalid_value":
      return [choice(said, given, path, issue.values.map(String))];
    case "invalid_type":
      if (given === undefined) return [{ message: `the option "${name}" is missing`, path }];
      return [{ message: `${said}, expected ${typeWord(issue.expected)}`, path }];
    case "too_small":
    case "too_big":
      return [{ message: `${said}, ${limitWords(issue)}`, path }];
    default:
      return [{ message: `${said}: ${issue.message}`, path }];
  }
}

function choice(said: string, given: unknown, path: JsonPath, words: readonly string[]): OptionProblem {
  const known = choiceWords(words);
  const message =
    given === undefined ? `the option "${nameOf(path)}" is missing, ${known}` : `${said}, expected ${known}`;
  return withHint(message, path, typeof given === "string" ? didYouMean(given, words) : undefined);
}

function withHint(message: string, path: JsonPath, hint: string | undefined): OptionProblem {
  return hint === undefined ? { message, path } : { message, path, hint };
}

/** The refusals of the one alternative that takes values of the given one's type; undefined where none or all do. */
function matchingBranches(issue: z.core.$ZodIssueInvalidUnion): readonly z.core.$ZodIssue[] | undefined {
  const refusesWhole = (each: z.core.$ZodIssue): boolean =>
    each.path.length === 0 && (each.code === "invalid_type" || each.code === "invalid_value");
  const inside = issue.errors.filter((branch) => !branch.some(refusesWhole));
  return inside.length === 1 ? inside[0] : undefined;
}

/** The words that would have been right in the place of a union. */
function wordsOf(issue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  if ("options" in issue && Array.isArray(issue.options)) return issue.options.map(String);
  return issue.errors
    .flat()
    .flatMap((each) => (each.code === "invalid_value" ? each.values.map(String) : []));
}

/** `stages[1]` for an item of a list, else the last key. */
function nameOf(path: JsonPath): string {
  const last = path.at(-1);
  return typeof last === "number" ? `${nameOf(path.slice(0, -1))}[${last}]` : (last ?? "options");
}

function valueAt(value: unknown, path: JsonPath): unknown {
  return path.reduce<unknown>(
    (inner, step) =>
      typeof inner === "object" && inner !== null && Object.hasOwn(inner, step)
        ? (inner as Record<string | number, unknown>)[step]
        : undefined,
    value,
  );
}

/** The keys that the schema knows at that place, in the alternative that the given object chose by its constants. */
function knownKeys(schema: z.ZodType, options: unknown, path: JsonPath): readonly string[] {
  let places: readonly JsonSchema[] = [z.toJSONSchema(schema, { io: "input" }) as JsonSchema];
  for (let depth = 0; ; depth++) {
    const given = valueAt(options, path.slice(0, depth));
    const objects = places.flatMap(alternatives).filter((place) => constantsAgree(place, given));
    const step = path[depth];
    if (step === undefined) return objects.flatMap(({ properties }) => Object.keys(properties ?? {}));
    places = objects.flatMap(({ properties, items }) => {
      const inner = typeof step === "number" ? items : properties?.[step];
      return inner === undefined ? [] : [inner];
    });
  }
}

/** The parts of JSON Schema that say which keys there may be. */
interface JsonSchema {
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly const?: unknown;
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  const inner = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])];
  return inner.length === 0 ? [schema] : inner.flatMap(alternatives);
}

function constantsAgree({ properties = {} }: JsonSchema, given: unknown): boolean {
  return Object.entries(properties).every(
    ([key, property]) => property.const === undefined || property.const === valueAt(given, [key]),
  );
}
