import { count, macs } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import { CONVENTION_NAMES } from "../../driver/command-line.js";
import type { StatsReport } from "../../driver/stats/stats.js";
import { shape, table, verdict } from "../format.js";
import { sharedOptions, sizeFlags, sizeOptions } from "../options.js";
import { foldingText, inputText, uncountedText } from "../report-counts.js";
import { defineCommand } from "./command.js";

type Convention = NonNullable<StatsReport["convention"]>;

export const statsCommand = defineCommand({
  usage: "stats <model>",
  doc: "Count parameters and multiply-accumulates, by block and in total",
  positionals: {
    model: {
      type: "string",
      demandOption: true,
      describe: "A spec, or an ONNX file; - reads a spec from stdin",
    },
  },
  options: {
    convention: {
      choices: CONVENTION_NAMES,
      describe: "Also print the totals in the unit, rounding and counting rule of a paper",
    },
    ...sizeFlags,
    passes: sharedOptions.passes,
  },
  examples: [
    ["ecagen stats specs/b0-eca.json", "the table by block"],
    ["ecagen stats specs/b0-eca.json --resolution 288 --json", "MACs at another input size, for a script"],
    ["ecagen stats specs/resnet50-v1-se.json --convention senet", "28.1 M and 3.87 G, as in the SENet paper"],
    [
      "ecagen stats specs/resnet50-eca-k3557.json --convention eca",
      "24.37 M and 3.86 G, as in the ECA paper",
    ],
    ["ecagen stats mmdet-faster-rcnn-resnet50-eca --convention mmdet", "41.53 M, without what is frozen"],
    [
      "ecagen stats detector.onnx --input-shape image=1x3x640x640",
      "MACs of a file that leaves its sizes open",
    ],
    ["ecagen stats resnet50.onnx", "an ONNX file of any framework, in the blocks that are found in it"],
  ],
  async run({ model, convention, passes, ...args }) {
    const { stats } = await import("../../driver/stats/stats.js");
    const report = stats(model, { convention, passes, ...sizeOptions(args) });
    return {
      json: report,
      warnings: report.warnings,
      ok: report.expectations.every((each) => each.ok),
      text() {
        const rows = report.blocks.map((block) => [
          block.path,
          block.block,
          block.attention.join(", "),
          count(block.parameters),
          count(block.macs),
          shape(block.output),
        ]);
        const total = ["total", "", "", count(report.parameters), count(report.macs), ""];
        const head = ["block", "type", "attention", "parameters", "MACs", "output"];
        const expected = report.expectations.map(
          ({ name, expected, ok }) => `${name} ${count(expected)}: ${verdict(ok)}\n`,
        );
        const features = report.outputs.filter(({ stride }) => stride !== undefined);
        const outputs = features.map(
          ({ name, dims, stride }) => `output ${name}: ${shape(dims)}, stride ${stride}\n`,
        );
        return [
          table(head, [...rows, total], ["parameters", "MACs"]),
          `\n${oneVisibleLine(report.name)}: ${count(report.parameters)} parameters, ${count(report.attentionParameters)} of them attention's; `,
          `${count(report.buffers)} running statistics; ${macs(report.macs)} MACs for ${inputText(report.input)}\n`,
          uncountedText(report),
          report.beforeFolding === undefined ? "" : foldingText(report.beforeFolding),
          ...outputs,
          ...expected,
          report.convention === undefined ? "" : conventionText(report.convention),
        ].join("");
      },
    };
  },
});

function conventionText({ name, source, parameters, operations }: Convention): string {
  const line = (what: string, { printed, exact, unit, rounding }: Convention["parameters"]): string => {
    const how =
      unit === "1"
        ? ""
        : ` (${count(exact)} / ${unit}, rounded ${rounding === "up" ? "up" : "to the nearest"})`;
    return `${what} ${printed}${how}\n`;
  };
  return [
    `\nas ${name} counts, for ${source}:\n`,
    line("parameters", parameters),
    line("operations", operations),
    `parameters are ${parameters.counts}\n`,
    `operations are ${operations.counts}\n`,
  ].join("");
}
