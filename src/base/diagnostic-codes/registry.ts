import { commandCodes } from "./commands.js";
import type { DiagnosticKind } from "./family.js";
import { fileCodes } from "./files.js";
import { programCodes } from "./programs.js";
import { runCodes } from "./runs.js";
import { type SPEC_RULES, specCodes } from "./specs.js";

/**
 * Every code that a diagnostic can have, by family: what it means, and how to fix it. A code is `FAMILY/WORD`. docs/diagnostics.md is made of
 * it; a code that is not in it is a compile error.
 */
export const diagnosticCodes = {
  ...specCodes,
  ...fileCodes,
  ...runCodes,
  ...commandCodes,
  ...programCodes,
} as const;

type Families = typeof diagnosticCodes;
type WordsOf<F> = {
  [K in DiagnosticKind]: F extends { readonly [P in K]: infer W } ? keyof W & string : never;
};

/** The name of a rule of specs. */
export type RuleName = (typeof SPEC_RULES)[number];

/** The code of a diagnostic. */
export type DiagnosticCode =
  | { [N in keyof Families]: `${N}/${WordsOf<Families[N]>[DiagnosticKind]}` }[keyof Families]
  | `spec/${RuleName}`;
