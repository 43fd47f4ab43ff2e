import { formatFlag, wholeNumber } from "../options.js";
import type { Outcome } from "../outcome.js";
import { withProgress } from "../progress.js";
import { besideVariants, sweepText, variantsTable } from "../sweep-tables.js";
import { defineCommand } from "./command.js";
import { defineGroup } from "./command-group.js";
import { MOST_THREADS, queueFlag } from "./sweep-flags.js";
import { sweepMergeCommand } from "./sweep-merge.js";

const DOC =
  "Make and count many variants of a network, as a sweep file says; a killed run goes on where it was";

const mainCommand = defineCommand({
  usage: "$0 <sweep>",
  doc: DOC,
  positionals: {
    sweep: { type: "string", demandOption: true, describe: "A sweep file: a base, and what is varied of it" },
  },
  options: {
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      describe:
        "The results, JSON Lines; a file that has some of them gets the others [default: they are only printed]",
    },
    picture: {
      type: "string",
      requiresArg: true,
      describe: "A picture of the variants by the two numbers that the front weighs, .svg",
    },
    threads: {
      type: "number",
      requiresArg: true,
      coerce: wholeNumber("threads", 1, MOST_THREADS),
      describe: 'Threads that compute [default: as many as the machine runs at once; 1 with "bench"]',
    },
    queue: {
      ...queueFlag,
      describe: `${queueFlag.describe}: ecagen worker computes there, on any number of machines`,
    },
    shard: {
      type: "string",
      requiresArg: true,
      describe: "A part of the variants, for job arrays: 2/8 is the second of eight parts",
    },
    ...formatFlag,
  },
  examples: [
    [
      "ecagen sweep specs/sweeps/efficientnet-attention.json -o results.jsonl",
      "B0 to B7 with SE, with ECA and without; the same command goes on after a kill",
    ],
    ["ecagen sweep sweep.json --picture sweep.svg", "the front, its knee, and what is not on it"],
    ["ecagen sweep sweep.json --format csv > table.csv", "the table of all variants"],
    [
      "ecagen sweep sweep.json --queue redis://127.0.0.1:6379 -o results.jsonl",
      "workers on any machines compute: ecagen worker --queue redis://…",
    ],
    [
      "ecagen sweep sweep.json --shard 2/8 -o part-2.jsonl",
      "one job of eight; ecagen sweep merge joins them",
    ],
  ],
  async run({ sweep: file, output, picture, queue, threads, shard }) {
    const { shardOf, sweep } = await import("../../driver/sweep/sweep.js");
    const report = await withProgress((progress) =>
      sweep(file, {
        ...{ output, picture, queue, threads, shard: shard === undefined ? undefined : shardOf(shard) },
        onProgress: (message, part) => progress.update(message, part),
      }),
    );
    return {
      json: report,
      warnings: report.warnings,
      ok: report.ok,
      text: () => sweepText(report),
      tables: { all: () => [variantsTable(report)] },
      beside: () => besideVariants(report),
    } satisfies Outcome;
  },
});

export const sweepCommand = defineGroup({
  name: "sweep",
  doc: DOC,
  commands: [sweepMergeCommand],
  main: mainCommand,
});
