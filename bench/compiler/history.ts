import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import type { Quartiles } from "./ratios.js";

/** What `npm run bench:compiler` adds its results to, a line for each run. */
export const HISTORY = "bench/history.jsonl";

/** One run: what was measured where, by the names of the measures. Ratios have quartiles; sizes of memory are one number, in MB. */
export interface Run {
  readonly commit: string;
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly ratios: Readonly<Record<string, Quartiles>>;
  readonly memory: Readonly<Record<string, number>>;
}

/** What holds of a run that is made now. */
export function circumstances(): Pick<Run, "commit" | "date" | "machine" | "node"> {
  const [cpu] = cpus();
  const git = (...args: readonly string[]): string =>
    spawnSync("git", args, { encoding: "utf8" }).stdout.trim();
  const changed = git("status", "--porcelain", "--untracked-files=no") === "" ? "" : " and changes";
  return {
    commit: `${git("rev-parse", "--short", "HEAD")}${changed}`,
    date: new Date().toISOString().slice(0, 10),
    machine: `${cpus().length} × ${cpu?.model.trim() ?? "unknown"}`,
    node: process.version,
  };
}

export function readHistory(file = HISTORY): readonly Run[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Run);
}

export function addToHistory(run: Run, file = HISTORY): void {
  appendFileSync(file, `${JSON.stringify(run)}\n`);
}

/** The last earlier run on such a machine with such a Node.js, which alone can be compared. */
export function lastComparable(history: readonly Run[], now: Run): Run | undefined {
  const major = ({ node }: Run): string => node.split(".")[0] ?? "";
  return history.findLast((run) => run.machine === now.machine && major(run) === major(now));
}

/**
 * The measures that got worse by more than their quartiles: the middle half of the new ratios lies above that of the old ones. One line each.
 */
export function worsened(before: Run, now: Run): readonly string[] {
  return Object.entries(now.ratios).flatMap(([name, { lower, median }]) => {
    const old = before.ratios[name];
    if (old === undefined || lower <= old.upper) return [];
    return [
      `${name}: ${median.toFixed(2)} (from ${lower.toFixed(2)}), was ${old.median.toFixed(2)} (to ${old.upper.toFixed(2)}) at ${before.commit}`,
    ];
  });
}
