import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Mutant } from "./mutants.js";

/**
 * What became of a mutant. `compiler`: it doesn't compile, and so says nothing about the tests. `gone`: it survived,
 * and the line that it changes is not there any more.
 */
export type Outcome = "killed" | "timeout" | "survived" | "compiler" | "gone";

/** One line of a file of results. */
export interface Result extends Omit<Mutant, "start" | "end"> {
  readonly seed: number;
  readonly number: number;
  /** The commit that the tree was at. */
  readonly commit: string;
  readonly outcome: Outcome;
  /** The first failure that the tests printed. */
  readonly by?: string | undefined;
  /** How many test files have run, and how many load the mutated file. */
  readonly tests: readonly [ran: number, all: number];
}

/** The results of a file, in the order in which they came; none where there is no file. */
export function allResults(path: string): readonly Result[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as Result);
}

/** Of each mutant, the last of the results. */
export function lastResults(results: readonly Result[]): readonly Result[] {
  return [...new Map(results.map((result) => [result.number, result])).values()];
}

export function appendResult(path: string, result: Result): void {
  mkdirSync(dirname(path), { recursive: true });
  appendFileSync(path, `${JSON.stringify(result)}\n`);
}
