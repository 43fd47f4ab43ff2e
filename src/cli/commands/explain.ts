import { InputError } from "../../base/diagnostic.js";
import { counted, type Table } from "../../base/table.js";
import { oneVisibleLine } from "../../base/visible-text.js";
import type { KernelReport } from "../../driver/explain/explain.js";
import type { LoweringReport } from "../../driver/explain/lowering.js";
import { formatFlag, sharedOptions, specFlags, specOptions } from "../options.js";
import type { Outcome } from "../outcome.js";
import { terminalTable } from "../tables/table.js";
import { targetFlags } from "../target-flags.js";
import { defineCommand } from "./command.js";

export const explainCommand = defineCommand({
  usage: "explain <what> <spec>",
  doc: "Explain what ecagen decided: the kernel size k of each ECA gate, or the lowering of each gate with --target cpu",
  positionals: {
    what: { choices: ["k", "lowering"] as const, demandOption: true, describe: "What to explain" },
    spec: { type: "string", demandOption: true, describe: "The spec, a JSON file; - reads it from stdin" },
  },
  options: {
    ...formatFlag,
    passes: sharedOptions.passes,
    ...specFlags,
    batch: { ...sharedOptions["model-batch"], describe: "With lowering: batch size, a number or dynamic" },
    threads: {
      ...targetFlags.threads,
      describe: "With lowering: threads that the model will run with [default: 1]",
    },
  },
  examples: [
    ["ecagen explain k specs/b0-eca.json", "rule, C and k of each gate"],
    [
      "ecagen explain lowering b0-eca --batch 1",
      "the form of each gate for the CPU, with its estimated time",
    ],
  ],
  async run({ what, spec, passes, batch, threads, ...flags }): Promise<Outcome> {
    const options = { passes, ...specOptions(flags) };
    if (what === "lowering") {
      const { explainLowering } = await import("../../driver/explain/lowering.js");
      return loweringOutcome(explainLowering(spec, { ...options, batch, threads }));
    }
    if (batch !== undefined || threads !== undefined)
      throw InputError.of("cli/usage", "--batch and --threads are for explain lowering", {
        hint: "ecagen explain lowering SPEC --batch 1 --threads 1",
      });
    const { explainKernels } = await import("../../driver/explain/explain.js");
    const report = explainKernels(spec, options);
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

function loweringOutcome(report: LoweringReport): Outcome {
  const table = loweringTable(report);
  return {
    json: report,
    warnings: report.warnings,
    text: () =>
      report.gates.length === 0
        ? `${oneVisibleLine(report.name)} has no two-dimensional map that a gate multiplies by one number for each channel\n`
        : `${terminalTable(table)}\n${besideLowering(report)}`,
    tables: { all: () => [table] },
    beside: () => besideLowering(report),
  };
}

function loweringTable({ gates, strategies }: LoweringReport): Table {
  const names = Object.keys(strategies) as (keyof typeof strategies)[];
  return {
    head: ["gate", "C", "map", "form", "squeeze first", ...names.map((name) => `${name}, µs`)],
    rows: gates.map(({ at, channels, height, width, chosen, squeezesFirst, candidates }) => [
      ...[at, counted(channels), `${height}x${width}`, chosen, squeezesFirst ? "yes" : ""],
      ...names.map((name) => {
        const time = candidates.find((each) => each.name === name)?.microseconds;
        return time === undefined ? "-" : counted(Math.round(time));
      }),
    ]),
  };
}

function besideLowering({ gates, strategies, threads }: LoweringReport): string {
  const lines = Object.entries(strategies).map(([name, doc]) => `${name}: ${doc}\n`);
  const refusals = new Set(
    gates.flatMap(({ candidates }) =>
      candidates.flatMap(({ name, refusal }) => (refusal === undefined ? [] : [`${name} -: ${refusal}\n`])),
    ),
  );
  const time = `estimated times of one image on ${threads === 1 ? "1 thread" : `${threads} threads`}, of the product and the layers beside it\n`;
  return [...lines, ...refusals, time].join("");
}
