/**
 * How long the compiler takes, as ratios to peers, and its peak memory. Run after a build:
 *
 *     npm run bench:compiler                      all; half an hour, and 8 GB in the temporary folder
 *     npm run bench:compiler -- list stats        the measures whose names have one of these words
 *     npm run bench:compiler -- --record          adds the results to bench/history.jsonl, and writes the table and the picture of docs/performance.md
 *     npm run bench -- --compare                  fails on a ratio that got worse by more than its quartiles since the last run on such a machine
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { addToHistory, circumstances, lastComparable, type Run, readHistory, worsened } from "./history.js";
import { MEMORY, RATIOS } from "./measures.js";
import { MODEL_RATIOS } from "./models.js";
import { writePage } from "./page.js";
import { type Quartiles, quartilesOf } from "./ratios.js";

const args = process.argv.slice(2);
const words = args.filter((arg) => !arg.startsWith("--"));
const isAsked = ({ name }: { readonly name: string }): boolean =>
  words.length === 0 || words.some((word) => name.includes(word));

const folder = mkdtempSync(join(tmpdir(), "ecagen-bench-"));
try {
  const measured: Record<string, Quartiles> = {};
  for (const { name, most, measure } of [...RATIOS, ...MODEL_RATIOS].filter(isAsked)) {
    const values = measure(folder);
    if (values === undefined) {
      console.log(`${name}: not measured, its peer is not installed`);
      continue;
    }
    const { lower, median, upper } = quartilesOf(values);
    measured[name] = { lower: rounded(lower), median: rounded(median), upper: rounded(upper) };
    const middle = `${median.toFixed(2)} (${lower.toFixed(2)} to ${upper.toFixed(2)})`;
    console.log(`${name}: ${middle}  at most ${most}: ${verdict(median <= most)}`);
  }
  const memory: Record<string, number> = {};
  for (const { name, most, measure } of MEMORY.filter(isAsked)) {
    const peak = Math.round(measure(folder));
    memory[name] = peak;
    console.log(`${name}: peak memory ${peak} MB  at most ${most}: ${verdict(peak <= most)}`);
  }
  finish({ ...circumstances(), ratios: measured, memory });
  if (args.includes("--record")) await writePage(readHistory());
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function finish(run: Run): void {
  if (args.includes("--compare")) compare(run);
  if (args.includes("--record")) addToHistory(run);
}

/** Says what got worse; the exit code is 1 then. */
function compare(run: Run): void {
  const before = lastComparable(readHistory(), run);
  if (before === undefined) {
    console.log(`nothing to compare with: no run on ${run.machine} with Node.js ${run.node}`);
    return;
  }
  const worse = worsened(before, run);
  for (const line of worse) console.log(`WORSE  ${line}`);
  if (worse.length === 0) console.log(`no ratio is worse than at ${before.commit}`);
  else process.exitCode = 1;
}

function verdict(ok: boolean): string {
  return ok ? "ok" : "missed";
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
