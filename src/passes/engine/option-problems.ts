import type * as z from "zod";
import type { JsonPath } from "../../base/json-path.js";
import { choiceWords, type SchemaProblem, schemaProblems, typeWord } from "../../base/schema-problems.js";
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
  return schemaProblems(issues, schema, options).map((problem) => {
    const path = problem.kind === "unknown-key" ? [...problem.path, problem.key] : problem.path;
    const hint = hintFor(problem);
    return { message: messageOf(problem), path, ...(hint === undefined ? {} : { hint }) };
  });
}

function messageOf(problem: SchemaProblem): string {
  const name = nameOf(problem.path);
  const said = `${name} is ${JSON.stringify(problem.given)}`;
  switch (problem.kind) {
    case "unknown-key":
      return `unknown option "${problem.key}"`;
    case "missing": {
      const words = problem.words === undefined ? "" : `, ${choiceWords(problem.words)}`;
      return `the option "${name}" is missing${words}`;
    }
    case "wrong-type":
      return `${said}, expected ${typeWord(problem.expected)}`;
    case "out-of-range":
      return `${said}, ${problem.limit}`;
    case "unknown-word":
      return `${said}, expected ${choiceWords(problem.words)}`;
    case "invalid-name":
    case "no-form":
    case "invalid":
      return `${said}: ${problem.message}`;
  }
}

function hintFor(problem: SchemaProblem): string | undefined {
  if (problem.kind === "unknown-key")
    return problem.known.length === 0 ? "it takes no options" : didYouMean(problem.key, problem.known);
  const { given } = problem;
  const isChoice = problem.kind === "unknown-word" || problem.kind === "no-form";
  return isChoice && problem.words.length > 0 && typeof given === "string"
    ? didYouMean(given, problem.words)
    : undefined;
}

/** `stages[1]` for an item of a list, else the last key. */
function nameOf(path: JsonPath): string {
  const last = path.at(-1);
  return typeof last === "number" ? `${nameOf(path.slice(0, -1))}[${last}]` : (last ?? "options");
}
