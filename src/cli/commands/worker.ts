import { count } from "../../base/numbers.js";
import { realNumber, wholeNumber } from "../options.js";
import { withProgress } from "../progress.js";
import { defineCommand } from "./command.js";
import { MOST_THREADS, queueFlag } from "./sweep-flags.js";

export const workerCommand = defineCommand({
  usage: "worker",
  doc: "Process variants from a queue on Redis until stopped",
  positionals: {},
  options: {
    queue: { ...queueFlag, demandOption: true },
    threads: {
      type: "number",
      requiresArg: true,
      coerce: wholeNumber("threads", 1, MOST_THREADS),
      describe: "Number of threads [default: as many as the machine runs at once]",
    },
    idle: {
      type: "number",
      requiresArg: true,
      coerce: realNumber("idle", "above 0"),
      describe: "Exit after this many seconds without work [default: never]",
    },
  },
  examples: [
    [
      "ecagen worker --queue redis://queue.example:6379",
      "on every machine; unfinished work of a stopped worker is done by others",
    ],
    ["ecagen worker --queue redis://127.0.0.1:6379 --idle 60", "exits one minute after the last variant"],
  ],
  async run({ queue, threads, idle }) {
    const { work } = await import("../../driver/sweep/queue/worker.js");
    const report = await withProgress((progress) =>
      work(queue, {
        ...{ threads, idle },
        onRow: (rows) => progress.update(`${count(rows)} variants computed so far`, 0),
      }),
    );
    return { json: report, text: () => `${count(report.variants)} variants computed\n` };
  },
});
