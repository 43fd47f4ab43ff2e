import type { ConnectionOptions, Queue } from "bullmq";
import { DeviceError, InputError } from "../../../base/diagnostic.js";
import { isMissingPackage } from "../../../base/missing-package.js";
import { packageVersion } from "../../../files/package.js";
import type { SweepTask } from "../evaluate.js";
import type { SweepRow } from "../row.js";

type BullMq = typeof import("bullmq");

/** A variant in the queue. */
export interface SweepJob {
  /** The hash of the sweep that waits for its row. */
  readonly sweep: string;
  readonly task: SweepTask;
}

export type SweepQueue = Queue<SweepJob, SweepRow>;

/** What sweeps and workers agree about: those of one version share a queue, as another may count otherwise. */
export interface QueuePlace {
  readonly bullmq: BullMq;
  readonly name: string;
  readonly connection: ConnectionOptions;
}

/** Both are optional peers of ecagen: who has one machine needs neither. */
const INSTALL = "npm install bullmq ioredis";

/**
 * Loads BullMQ, and tries whether Redis answers.
 *
 * Errors: `InputError` for a URL that is none of Redis; `DeviceError` where the packages or Redis are not there.
 */
export async function openPlace(url: string): Promise<QueuePlace> {
  refuseOtherUrl(url);
  const bullmq = await load();
  const name = `ecagen-${packageVersion()}`;
  const once = { url, maxRetriesPerRequest: 1, retryStrategy: () => null, connectTimeout: CONNECT_MS };
  const probe = new bullmq.Queue(name, { connection: once });
  let reason = "it does not answer";
  probe.on("error", ({ message }) => {
    reason = message;
  });
  try {
    await probe.waitUntilReady();
  } catch {
    throw new DeviceError(`Redis at ${hostOf(url)} can't be reached: ${reason}`, "redis-server starts one");
  } finally {
    await probe.close().catch(() => undefined);
  }
  // A restart of Redis is waited out.
  return { bullmq, name, connection: { url, maxRetriesPerRequest: null } };
}

const CONNECT_MS = 5000;

function refuseOtherUrl(url: string): void {
  const { protocol, hostname } = URL.canParse(url) ? new URL(url) : { protocol: "", hostname: "" };
  if ((protocol === "redis:" || protocol === "rediss:") && hostname !== "") return;
  throw InputError.of("sweep/queue", "--queue takes the URL of a Redis server", {
    hint: "--queue redis://127.0.0.1:6379",
  });
}

/** Without a password that may be in the URL. */
function hostOf(url: string): string {
  return new URL(url).host;
}

async function load(): Promise<BullMq> {
  try {
    // BullMQ loads it by itself, and late.
    await import("ioredis");
    return await import("bullmq");
  } catch (error) {
    if (!isMissingPackage(error)) throw error;
    throw new DeviceError("sweeps over a queue need the packages bullmq and ioredis", INSTALL);
  }
}
