/** What came of a command: `ok`, `none` where there is nothing to do, or the reason of a refusal; anything else is wrong. */
export interface SurveyCell {
  readonly status: "ok" | "none" | "refused" | "wrong";
  readonly why?: string;
}

export const SURVEY_COMMANDS = [
  "compile",
  "stats",
  "diff",
  "verify",
  "inspect",
  "swap",
  "codegen ts",
  "codegen pytorch",
] as const;

export type SurveyCommand = (typeof SURVEY_COMMANDS)[number];

/** A network's cells, with the build that they are of. */
export interface SurveyRow {
  readonly build: string;
  readonly cells: Readonly<Record<SurveyCommand, SurveyCell>>;
}

/** Rows by the names of specs. */
export type Survey = Readonly<Record<string, SurveyRow>>;
