import { counted, type Table } from "../../base/table.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import type { KernelReport } from "../../driver/explain/explain.js";
import { formatFlag, sharedOptions, specFlags, specOptions } from "../options.js";
import { terminalTable } from "../tables/table.js";
import { defineCommand } from "./command.js";

export const explainCommand = defineCommand({
  usage: "explain <what> <spec>",
  doc: "Explain a derived number: `explain k` shows how the kernel size of each ECA gate was derived",
  positionals: {
    what: { choices: ["k"] as const, demandOption: true, describe: "What to explain" },
    spec: { type: "string", demandOption: true, describe: "The spec, a JSON file; - reads it from stdin" },
  },
  options: { ...formatFlag, passes: sharedOptions.passes, ...specFlags },
  examples: [["ecagen explain k specs/b0-eca.json", "rule, C and k of each gate"]],
  async run({ spec, passes, set }) {
    const { explainKernels } = await import("../../driver/explain/explain.js");
    const report = explainKernels(spec, { passes, ...specOptions({ set }) });
    return {
      json: report,
      warnings: report.warnings,
      text() {
        if (report.gates.length === 0)
          return `${oneVisibleLine(report.name)} has no gate with a kernel along the channels\n`;
        return `${terminalTable(gatesTable(report))}\n${besideGates(report)}`;
      },
      tables: { all: () => [gatesTable(report)] },
      beside: () => besideGates(report),
    };
  },
});

function gatesTable({ gates }: KernelReport): Table {
  return {
    head: ["gate", "type", "C", "k", "rule", "because"],
    rows: gates.map(({ at, type, channels, k, rule, because }) => [
      at,
      type,
      counted(channels),
      counted(k),
      rule,
      because,
    ]),
  };
}

function besideGates({ gates, rules }: KernelReport): string {
  const used = [...new Set(gates.map(({ rule }) => rule))];
  const sum = gates.reduce((total, { k }) => total + k, 0);
  return `${used.map((rule) => `rule ${rule}: ${rules[rule]}\n`).join("")}Σk = ${sum}\n`;
}
