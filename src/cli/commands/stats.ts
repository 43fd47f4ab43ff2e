import { count, macs } from "../../base/numbers.js";
import { sharedOptions } from "../options.js";
import { defineCommand } from "./command.js";

export const statsCommand = defineCommand({
  usage: "stats <spec>",
  doc: "Count parameters and multiply-accumulates, by block and in total",
  positionals: { spec: { type: "string", demandOption: true, describe: "The spec, a JSON file" } },
  options: { resolution: sharedOptions.resolution, passes: sharedOptions.passes },
  examples: [
    ["ecagen stats specs/b0-eca.json", "the table by block"],
    ["ecagen stats specs/b0-eca.json --resolution 288 --json", "MACs at another input size, for a script"],
  ],
  async run({ spec, resolution, passes }) {
    const { stats } = await import("../../driver/stats.js");
    const report = stats(spec, { resolution, passes });
    return {
      json: report,
      ok: report.expectations.every((each) => each.ok),
      async text() {
        const { shape, table, verdict } = await import("../format.js");
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
        const { channels, height, width } = report.input;
        const expected = report.expectations.map(
          ({ name, expected, ok }) => `${name} ${count(expected)}: ${verdict(ok)}\n`,
        );
        const features = report.outputs.filter(({ stride }) => stride !== undefined);
        const outputs = features.map(
          ({ name, dims, stride }) => `output ${name}: ${shape(dims)}, stride ${stride}\n`,
        );
        return [
          table(head, [...rows, total], ["parameters", "MACs"]),
          `\n${report.name}: ${count(report.parameters)} parameters, ${count(report.attentionParameters)} of them attention's; `,
          `${count(report.buffers)} running statistics; ${macs(report.macs)} MACs for one image of ${channels}x${height}x${width}\n`,
          ...outputs,
          ...expected,
        ].join("");
      },
    };
  },
});
