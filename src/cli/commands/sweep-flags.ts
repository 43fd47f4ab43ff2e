import type { Options } from "yargs";

/** More threads than any machine has. */
export const MOST_THREADS = 1024;

/** Where sweeps and their workers meet. */
export const queueFlag = {
  type: "string",
  requiresArg: true,
  describe: "A queue on Redis, redis://HOST:PORT; needs the packages bullmq and ioredis",
} as const satisfies Options;
