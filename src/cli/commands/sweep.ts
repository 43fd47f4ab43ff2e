import { variantsTable } from "../../driver/sweep/variants-table.js";
import { formatFlag, wholeNumber } from "../options.js";
import type { Outcome } from "../outcome.js";
import { withProgress } from "../progress.js";
import { besideVariants, sweepText } from "../sweep-text.js";
import { defineCommand } from "./command.js";
import { defineGroup } from "./command-group.js";
import { MOST_THREADS, queueFlag } from "./sweep-flags.js";
import { sweepMergeCommand } from "./sweep-merge.js";

const DOC = "Build and count the variants of a network in a sweep file; a stopped run can be resumed";

const mainCommand = defineCommand({
  usage: "$0 <sweep>",
  doc: DOC,
  positionals: {
    sweep: {
      type: "string",
      demandOption: true,
      describe: "A sweep file: a base network and the fields to vary",
    },
  },
  options: {
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      describe:
        "The results, JSON Lines; missing results are added to an existing file [default: only printed]",
    },
    picture: {
      type: "string",
      requiresArg: true,
      describe: "Draw the variants by the two objectives of the front, .svg",
    },
    report: {
      type: "string",
      requiresArg: true,
      describe:
        "Write an HTML page: the front as a picture, and a table of all variants that sorts and filters",
    },
    threads: {
      type: "number",
      requiresArg: true,
      coerce: wholeNumber("threads", 1, MOST_THREADS),
      describe: 'Number of threads [default: as many as the machine runs at once; 1 with "bench"]',
    },
    queue: {
      ...queueFlag,
      describe: `${queueFlag.describe}: ecagen worker computes there, on any number of machines`,
    },
    shard: {
      type: "string",
      requiresArg: true,
      describe: "Part of the variants, for job arrays: 2/8 is the second of eight parts",
    },
    ...formatFlag,
  },
  examples: [
    [
      "ecagen sweep specs/sweeps/efficientnet-attention.json -o results.jsonl",
      "B0 to B7 with SE, with ECA and without; run it again to resume",
    ],
    ["ecagen sweep sweep.json --picture sweep.svg", "draws all variants, the front and its knee"],
    ["ecagen sweep sweep.json -o results.jsonl --report sweep.html", "a page of the results"],
    ["ecagen sweep sweep.json --format csv > table.csv", "a table of all variants"],
    [
      "ecagen sweep sweep.json --queue redis://127.0.0.1:6379 -o results.jsonl",
      "distributes the work to workers: ecagen worker --queue redis://…",
    ],
    [
      "ecagen sweep sweep.json --shard 2/8 -o part-2.jsonl",
      "the second of eight jobs; ecagen sweep merge merges the results",
    ],
  ],
  async run({ sweep: file, output, picture, report: page, queue, threads, shard }) {
    const { shardOf, sweep } = await import("../../driver/sweep/sweep.js");
    const report = await withProgress((progress) =>
      sweep(file, {
        ...{ output, picture, report: page, queue, threads },
        shard: shard === undefined ? undefined : shardOf(shard),
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
