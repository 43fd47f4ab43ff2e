import { setTimeout as delay } from "node:timers/promises";
import type { Job } from "bullmq";
import type { SweepTask } from "../evaluate.js";
import { type SweepRow, variantInRow } from "../row.js";
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
      opts: { jobId: `${ownJobs(sweep)}${task.variant.id}` },
    }));
    await queue.addBulk(jobs as never);
  }
}

type VariantJob = Job<SweepJob, SweepRow>;

/** How the names of a sweep's jobs begin; the id of the variant follows. */
function ownJobs(sweep: string): string {
  return `${sweep.slice(0, 16)}-`;
}

/** Some jobs of this sweep that are done. Others' are theirs, and may be any number: of these only the names are read. */
async function finishedJobs(queue: SweepQueue, sweep: string): Promise<readonly VariantJob[]> {
  const names: readonly string[] = await queue.getRanges(["completed", "failed"], 0, -1);
  const own = names.filter((name) => name.startsWith(ownJobs(sweep))).slice(0, MANY);
  const jobs = await Promise.all(own.map((name) => queue.getJob(name)));
  // One that is taken away in between is undefined.
  return jobs.flatMap((job) => job ?? []);
}

/** The row that a worker gave. A job that failed outside of its variant, as by a thread that died, has one that says so. */
async function rowOf(job: VariantJob): Promise<SweepRow> {
  if (!(await job.isFailed())) return job.returnvalue;
  const { variant, base } = job.data.task;
  const message = `a worker failed: ${job.failedReason}`;
  return {
    ...variantInRow(variant, base.reference),
    ...{ status: "error", errors: [{ code: "ecagen/defect", message }] },
  };
}
