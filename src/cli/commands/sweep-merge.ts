import { count } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import { defineCommand } from "./command.js";

export const sweepMergeCommand = defineCommand({
  usage: "merge <results..>",
  doc: "Merge the results of several parts of a sweep, each variant once",
  positionals: {
    results: { type: "string", array: true, demandOption: true, describe: "Result files of one sweep" },
  },
  options: {
    output: {
      alias: "o",
      type: "string",
      requiresArg: true,
      demandOption: true,
      describe: "The merged results, JSON Lines, in the order of the sweep",
    },
  },
  examples: [["ecagen sweep merge part-*.jsonl -o all.jsonl", "merges the results of a job array"]],
  async run({ results, output }) {
    const { mergeResults } = await import("../../driver/sweep/merge.js");
    const report = mergeResults(results.map(String), output);
    return {
      json: report,
      warnings: report.warnings,
      text: () =>
        `${oneVisibleLine(report.name)}: ${count(report.rows)} of ${count(report.variants)} variants in ${oneVisibleLine(output)}\n`,
    };
  },
});
