import { count } from "../../base/numbers.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import { table } from "../format.js";
import { sharedOptions } from "../options.js";
import { defineCommand } from "./command.js";

export const explainCommand = defineCommand({
  usage: "explain <what> <spec>",
  doc: "Explain a derived number: `explain k` says how the kernel size of each ECA gate and its variants came about",
  positionals: {
    what: { choices: ["k"] as const, demandOption: true, describe: "What to explain" },
    spec: { type: "string", demandOption: true, describe: "The spec, a JSON file; - reads it from stdin" },
  },
  options: { passes: sharedOptions.passes },
  examples: [["ecagen explain k specs/b0-eca.json", "rule, C and k of each gate"]],
  async run({ spec, passes }) {
    const { explainKernels } = await import("../../driver/explain/explain.js");
    const report = explainKernels(spec, { passes });
    return {
      json: report,
      warnings: report.warnings,
      text() {
        if (report.gates.length === 0)
          return `${oneVisibleLine(report.name)} has no gate with a kernel along the channels\n`;
        const rows = report.gates.map(({ at, type, channels, k, rule, because }) => [
          at,
          type,
          count(channels),
          String(k),
          rule,
          because,
        ]);
        const used = [...new Set(report.gates.map((gate) => gate.rule))];
        return [
          table(["gate", "type", "C", "k", "rule", "because"], rows, ["C", "k"]),
          "\n",
          ...used.map((rule) => `rule ${rule}: ${report.rules[rule]}\n`),
          `Σk = ${report.gates.reduce((sum, { k }) => sum + k, 0)}\n`,
        ].join("");
      },
    };
  },
});
