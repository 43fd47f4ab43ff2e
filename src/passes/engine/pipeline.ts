import { dequal } from "dequal";
import type * as z from "zod";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import type { SourceText } from "../../base/source.js";
import { didYouMean } from "../../base/suggest.js";
import { isPassName, PASS_NAMES, type PassName, type passes, passOf } from "../registry.js";
import { type OptionProblem, optionProblems } from "./option-problems.js";
import type { PassInvocation } from "./pass.js";
import { isJson, parsePipelineSyntax, rangeOf } from "./pipeline-syntax.js";

/**
 * Reads the text form of a pipeline, `swap-attention{to=eca},lower-attention{strategy=reshape}`. `place` says
 * where the text stands in a larger one. An `InputError` carries every problem, each with its place.
 */
export function parsePipeline(
  text: string,
  place: { readonly source: SourceText; readonly offset: number } = {
    source: { file: "<pipeline>", text },
    offset: 0,
  },
): PassInvocation[] {
  const { invocations, problems } = parsePipelineSyntax(text, place);
  const diagnostics: Diagnostic[] = [...problems];
  const checked: PassInvocation[] = [];
  for (const syntax of invocations) {
    const result = checkInvocation(syntax.pass, syntax.options.value);
    if ("invocation" in result) checked.push(result.invocation);
    else {
      diagnostics.push(
        ...result.problems.map(
          ({ message, path, hint }): Diagnostic => ({
            code: isPassName(syntax.pass) ? "pass/option" : "pass/unknown",
            message,
            hint,
            range: rangeOf(syntax, path),
          }),
        ),
      );
    }
  }
  if (diagnostics.length === 0) return checked;
  throw new InputError(diagnostics.toSorted((a, b) => (a.range?.offset ?? 0) - (b.range?.offset ?? 0)));
}

/**
 * The passes that a flag asks for in pipeline text form; none where it is not given. Errors: `InputError` with every
 * problem, at its place in the flag's text.
 */
export function passesOfFlag(flag: string, text: string | undefined): readonly PassInvocation[] {
  return text === undefined ? [] : parsePipeline(text, { source: { file: flag, text }, offset: 0 });
}

/**
 * The passes that a flag stands for, as text that the program wrote. Errors: `InputError` with every problem, each with the flag and
 * without a place, which the user did not write.
 */
export function passesOfSugar(flag: string, text: string): readonly PassInvocation[] {
  try {
    return passesOfFlag(flag, text);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      error.diagnostics.map(({ range, ...rest }) => ({ ...rest, message: `${flag}: ${rest.message}` })),
    );
  }
}

/**
 * The text form of a pipeline; `parsePipeline` gives the same invocations back. Options at their default are
 * left out, and an object of which only `type` is left is written as that type where the pass takes that.
 */
export function printPipeline(invocations: readonly PassInvocation[]): string {
  return invocations
    .map(({ pass, options }) => {
      const written = Object.entries(shortestOptions(pass, options));
      return written.length === 0 ? pass : `${pass}{${written.map(printEntry).join(",")}}`;
    })
    .join(",");
}

/**
 * Checks the name of a pass and its options as someone wrote them: the invocation with every default filled
 * in, or what is wrong. Paths lead into the options; that of an unknown pass is empty.
 */
export function checkInvocation(
  pass: string,
  options: unknown,
): { readonly invocation: PassInvocation } | { readonly problems: readonly OptionProblem[] } {
  if (!isPassName(pass)) {
    const hint = didYouMean(pass, PASS_NAMES);
    const problem = { message: `unknown pass ${JSON.stringify(pass)}`, path: [] };
    return { problems: [hint === undefined ? problem : { ...problem, hint }] };
  }
  const schema = passOf(pass).options;
  const result = schema.safeParse(options ?? {});
  if (result.success) return { invocation: { pass, options: result.data } };
  return { problems: optionProblems(result.error.issues, schema, options ?? {}) };
}

/** An invocation that the program itself writes. */
export function invocationOf<N extends PassName>(
  pass: N,
  options: z.input<(typeof passes)[N]["options"]> | Record<string, never> = {},
): PassInvocation {
  return { pass, options: passOf(pass).options.parse(options) };
}

/** The fewest options that are checked to the given ones. */
function shortestOptions(
  pass: string,
  options: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  if (!isPassName(pass)) return options;
  const schema = passOf(pass).options;
  const means = (candidate: unknown): boolean => {
    const result = schema.safeParse(candidate);
    return result.success && dequal(result.data, options);
  };
  return means(options) ? (shorten(options, means) as Record<string, unknown>) : options;
}

/** `value` with every key left out, at any depth, whose absence `means` the same. */
function shorten(value: unknown, means: (candidate: unknown) => boolean): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  let short = value as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(short)) {
    const { [key]: inner, ...rest } = short;
    if (inner === undefined || means(rest)) short = rest;
    else short = { ...short, [key]: shorten(inner, (candidate) => means({ ...short, [key]: candidate })) };
  }
  const [only, ...more] = Object.entries(short);
  const [key, type] = only ?? [];
  return more.length === 0 && key === "type" && means(type) ? type : short;
}

function printEntry([key, value]: readonly [string, unknown]): string {
  return `${printWord(key)}=${printValue(value)}`;
}

function printValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printValue).join(",")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value).map(printEntry).join(",")}}`;
  if (typeof value !== "string") return JSON.stringify(value);
  // A bare word would be read as the number, true, false or null that it looks like.
  return isJson(value) ? JSON.stringify(value) : printWord(value);
}

/** A text as it is where it is one word, else in quotes. */
function printWord(text: string): string {
  return /^[^\s"{}[\]=,]+$/.test(text) ? text : JSON.stringify(text);
}
