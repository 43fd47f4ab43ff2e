import { availableParallelism } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { startPool } from "../pool.js";
import type { SweepRow } from "../row.js";
import { openPlace, type SweepJob } from "./connection.js";

export interface WorkOptions {
  /** Threads that compute. Default: as many as the machine runs at once. */
  readonly threads?: number | undefined;
  /** Seconds without work after which it ends. Default: it ends by a signal alone. */
  readonly idle?: number | undefined;
  /** Called after each variant with how many there were. */
  readonly onRow?: ((rows: number) => void) | undefined;
}

/** The output of `ecagen worker --json`. */
export interface WorkerReport {
  /** The variants that were computed. */
  readonly variants: number;
}

/** How long a variant stays a worker's own after its last sign of life. Then another one computes it. */
const LOCK_MS = 4000;
/** How often that is looked for. */
const STALLED_MS = 1000;
/** How often a variant may be taken over: it is not its fault that workers are killed. */
const MOST_TAKEOVERS = 1000;
/** How often an idle worker looks at its clock. */
const IDLE_LOOK_MS = 100;

/**
 * Computes variants of whatever sweeps are in the queue, until there was nothing to do for a while. One that is killed loses nothing: its
 * variants go to others.
 *
 * Errors: `InputError` for a wrong URL, `DeviceError` where BullMQ or Redis is not there.
 */
export async function work(
  queue: string,
  { threads = availableParallelism(), idle, onRow }: WorkOptions = {},
): Promise<WorkerReport> {
  const { bullmq, name, connection } = await openPlace(queue);
  const pool = startPool(threads);
  let [rows, busy, since] = [0, 0, performance.now()];
  const worker = new bullmq.Worker<SweepJob, SweepRow>(
    name,
    async ({ data }) => {
      busy++;
      try {
        return await pool.row(data.task);
      } finally {
        busy--;
        since = performance.now();
      }
    },
    {
      ...{ connection, concurrency: threads, drainDelay: 1 },
      ...{ lockDuration: LOCK_MS, stalledInterval: STALLED_MS, maxStalledCount: MOST_TAKEOVERS },
    },
  );
  // It connects again by itself.
  worker.on("error", () => undefined);
  worker.on("completed", () => {
    rows++;
    onRow?.(rows);
  });
  try {
    while (idle === undefined || busy > 0 || performance.now() - since < 1000 * idle)
      await delay(IDLE_LOOK_MS);
  } finally {
    await worker.close();
    await pool.close();
  }
  return { variants: rows };
}
