import { CONVENTION_NAMES } from "../../driver/command-line.js";
import type { NetworksReport } from "../../driver/stats/stats.js";
import { formatFlag, sharedOptions, sizeFlags, sizeOptions, specFlags, specOptions } from "../options.js";
import type { Outcome } from "../outcome.js";
import { besideBlocks, besideNetworks, blocksTable, networksTable, statsText } from "../stats-tables.js";
import { withBars } from "../tables/bars.js";
import { terminalTable } from "../tables/table.js";
import { defineCommand } from "./command.js";

export const statsCommand = defineCommand({
  usage: "stats <model> [more..]",
  doc: "Count parameters and multiply-accumulates, by block and in total",
  positionals: {
    model: {
      type: "string",
      demandOption: true,
      describe: "A spec, or an ONNX file; - reads a spec from stdin",
    },
    more: {
      type: "string",
      array: true,
      default: [],
      describe: "More networks, for a table with one row each",
    },
  },
  options: {
    convention: {
      choices: CONVENTION_NAMES,
      describe: "Also print the totals in the unit, rounding and counting rule of a paper",
    },
    ...formatFlag,
    ...sizeFlags,
    ...specFlags,
    passes: sharedOptions.passes,
  },
  examples: [
    ["ecagen stats specs/b0-eca.json", "the table by block"],
    [
      "ecagen stats specs/b0-se.json specs/b0-eca.json model.onnx --format latex",
      "a LaTeX table with one row per network",
    ],
    ["ecagen stats specs/b0-eca.json --resolution 288 --json", "MACs at another input size, for a script"],
    ["ecagen stats b0-se --set stages[0].attention=eca", "with a changed field"],
    ["ecagen stats specs/resnet50-v1-se.json --convention senet", "28.1 M and 3.87 G, as in the SENet paper"],
    [
      "ecagen stats specs/resnet50-eca-k3557.json --convention eca",
      "24.37 M and 3.86 G, as in the ECA paper",
    ],
    ["ecagen stats mmdet-faster-rcnn-resnet50-eca --convention mmdet", "41.53 M, without frozen layers"],
    ["ecagen stats detector.onnx --input-shape image=1x3x640x640", "MACs of an ONNX file with dynamic sizes"],
    ["ecagen stats resnet50.onnx", "an ONNX file of any framework, grouped by recognised blocks"],
  ],
  async run({ model, more, convention, passes, ...args }) {
    const options = { convention, passes, ...sizeOptions(args), ...specOptions(args) };
    const { stats, statsSeveral } = await import("../../driver/stats/stats.js");
    if (more.length > 0) return ofSeveral(statsSeveral([model, ...more.map(String)], options));
    const report = stats(model, options);
    return {
      json: report,
      warnings: report.warnings,
      ok: report.expectations.every((each) => each.ok),
      text: () => statsText(report),
      tables: { all: () => [blocksTable(report)] },
      beside: () => besideBlocks(report),
    };
  },
});

function ofSeveral(report: NetworksReport): Outcome {
  const { networks, warnings } = report;
  return {
    json: report,
    warnings,
    ok: networks.every(({ expectations }) => expectations.every((each) => each.ok)),
    text: () =>
      `${terminalTable(withBars(networksTable(networks), ["parameters", "MACs"]))}\n${besideNetworks(networks)}`,
    tables: { all: () => [networksTable(networks)] },
    beside: () => besideNetworks(networks),
  };
}
