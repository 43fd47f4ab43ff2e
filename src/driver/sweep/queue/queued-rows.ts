import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "bullmq";
import type { SweepTask } from "../evaluate.js";
import type { SweepRow } from "../row.js";
import { openPlace, type SweepJob, type SweepQueue } from "./connection.js";

/** Between two looks for finished rows. */
const LOOK_MS = 100;

/** Jobs that are added or looked at together. */
const MANY = 500;

/**
 * Has workers compute the rows of tasks, and hands each on as soon as it is there. The queue is asked for what is finished, again and again,
 * rather than told: no row can be missed. Jobs have names of their own, so that adding one twice adds one; a Redis that comes back is given
 * those again that it may have lost.
 *
 * Errors: as of `openPlace`.
 */
export async function queuedRows(
  url: string,
  sweep: string,
  tasks: readonly SweepTask[],
  add: (row: SweepRow) => void,
): Promise<void> {
  const { bullmq, name, connection } = await openPlace(url);
  const queue: SweepQueue = new bullmq.Queue(name, { connection });
  // It connects again by itself.
  queue.on("error", () => undefined);
  const outstanding = new Map(tasks.map((task) => [task.variant.id, task]));
  let mayBeLost = true;
  queue.on("ioredis:close", () => {
    mayBeLost = true;
  });
  try {
    while (outstanding.size > 0) {
      if (mayBeLost) {
        mayBeLost = false;
        await addJobs(queue, sweep, [...outstanding.values()]);
      }
      const finished = await finishedJobs(queue, sweep);
      for (const job of finished) {
        const row = await rowOf(job);
        // One that an earlier run had in its file before it was killed is only taken away.
        if (outstanding.delete(row.id)) add(row);
        await job.remove();
      }
      if (finished.length === 0) await delay(LOOK_MS);
    }
  } finally {
    await queue.close();
  }
}

async function addJobs(queue: SweepQueue, sweep: string, tasks: readonly SweepTask[]): Promise<void> {
  for (let at = 0; at < tasks.length; at += MANY) {
    const jobs = tasks.slice(at, at + MANY).map((task) => ({
      name: "variant",
      data: { sweep, task },
      opts: { jobId: `${sweep.slice(0, 16)}-${task.variant.id}` },
    }));
    await queue.addBulk(jobs as never);
  }
}

type VariantJob = Job<SweepJob, SweepRow>;

/** The jobs of this sweep that are done; others' are theirs. */
async function finishedJobs(queue: SweepQueue, sweep: string): Promise<readonly VariantJob[]> {
  const jobs = (await queue.getJobs(["completed", "failed"], 0, MANY - 1)) as readonly (
    | VariantJob
    | undefined
  )[];
  // One that is taken away in between is undefined.
  return jobs.filter((job): job is VariantJob => job?.data.sweep === sweep);
}

/** The row that a worker gave. A job that failed outside of its variant, as by a thread that died, has one that says so. */
async function rowOf(job: VariantJob): Promise<SweepRow> {
  if (!(await job.isFailed())) return job.returnvalue;
  const { variant, base } = job.data.task;
  const { id, index, settings, set } = variant;
  const message = `a worker failed: ${job.failedReason}`;
  return {
    ...{ id, index, status: "error", base: base.reference, settings, set },
    errors: [{ code: "ecagen/defect", message }],
  };
}
