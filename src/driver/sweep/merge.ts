import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { count } from "../../base/numbers.js";
import { writeTextSync } from "../../files/atomic-file.js";
import { asOneRun } from "../../files/files-read.js";
import { readText } from "../../files/read-file.js";
import { parseResults, resultsText } from "./results.js";
import type { SweepRow } from "./row.js";

/** The output of `ecagen sweep merge --json`. */
export interface MergeReport {
  readonly output: string;
  readonly name: string;
  readonly hash: string;
  /** Of the whole sweep. */
  readonly variants: number;
  /** How many of them the files have. */
  readonly rows: number;
  readonly warnings: readonly Diagnostic[];
}

/**
 * Joins parts of one sweep's results: each variant once, in the order of the sweep, of several rows of one the first. A last line that a
 * killed run did not end is left out.
 *
 * Errors: `InputError` for files that can't be read, that are no results, or of different sweeps.
 */
export function mergeResults(files: readonly string[], output: string): MergeReport {
  return asOneRun(() => {
    const parts = files.map((file) => parseResults(file, wholeLines(readText(file))));
    const [first] = parts;
    if (first === undefined) throw new RangeError("there is nothing to join");
    const { name, hash, variants } = first.header;
    const other = parts.findIndex(({ header }) => header.hash !== hash);
    if (other >= 0) {
      const message = `${files[0]} has results of ${name}, and ${files[other]} of another sweep or of an earlier form`;
      throw InputError.of("sweep/merge", message, { file: files[other] });
    }
    const rows = new Map<string, SweepRow>();
    for (const row of parts.flatMap((part) => part.rows)) if (!rows.has(row.id)) rows.set(row.id, row);
    const sorted = [...rows.values()].sort((a, b) => a.index - b.index);
    writeTextSync(output, resultsText({ name, hash, variants }, sorted));
    const missing = variants - rows.size;
    const message = `${count(missing)} of ${count(variants)} variants are in none of the files`;
    return {
      ...{ output, name, hash, variants, rows: rows.size },
      warnings: missing === 0 ? [] : [{ code: "sweep/missing", message }],
    };
  });
}

function wholeLines(text: string): readonly string[] {
  return text.split("\n").slice(0, -1);
}
