/**
 * What a diagnostic does to the run. `refused`: the input (a spec, a file, a flag) is wrong. `failed`: a check or an expectation did not
 * hold. `missing`: the device that was asked for is not there. `defect`: ecagen itself is wrong. `warned`: the work is done all the same.
 */
export const EXIT_CODES = { refused: 2, failed: 1, missing: 3, defect: 70, warned: 0 } as const;

export type DiagnosticKind = keyof typeof EXIT_CODES;

/** What a code means, and what to do about it. */
export type Explanation = readonly [meaning: string, remedy: string];

/** Diagnostics about one thing: by kind, the second word of each code with its explanation. */
export type CodeFamily = { readonly about: string } & {
  readonly [K in DiagnosticKind]?: Readonly<Record<string, Explanation>>;
};
