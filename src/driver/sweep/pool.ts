import { existsSync } from "node:fs";
import { join } from "node:path";
import { Tinypool } from "tinypool";
import { Defect } from "../../base/diagnostic.js";
import { packageRoot } from "../../files/package.js";
import type { SweepTask } from "./evaluate.js";
import type { SweepRow } from "./row.js";

/** Threads that compute rows. */
export interface RowPool {
  row(task: SweepTask): Promise<SweepRow>;
  close(): Promise<void>;
}

export function startPool(threads: number): RowPool {
  const pool = new Tinypool({
    filename: program(),
    name: "row",
    minThreads: threads,
    maxThreads: threads,
    // Flags of this process, as a debugger's port or a loader, are not theirs.
    execArgv: [],
  });
  return {
    row: (task) => pool.run(task) as Promise<SweepRow>,
    close: () => pool.destroy(),
  };
}

/** What the threads run: the program of src/cli/sweep-worker.ts, which joins this use case with those that verify and time. */
function program(): string {
  const file = join(packageRoot(), "dist", "sweep-worker.js");
  if (!existsSync(file)) throw new Defect(`${file} is missing: npm run build`);
  return file;
}
