import { count, macs } from "../base/numbers.js";
import { type Cell, counted, type Table } from "../base/table.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { NamedStats, StatsReport } from "../driver/stats/stats.js";
import { shape, verdict } from "./format.js";
import { foldingText, inputText, uncountedText } from "./report-counts.js";
import { withBars } from "./tables/bars.js";
import { terminalTable } from "./tables/table.js";

type Convention = NonNullable<StatsReport["convention"]>;

/** The blocks of one network. */
export function blocksTable({ blocks, parameters, macs }: StatsReport): Table {
  return {
    head: ["block", "type", "attention", "parameters", "MACs", "output"],
    rows: blocks.map((block): readonly Cell[] => [
      block.path,
      block.block,
      block.attention.join(", "),
      counted(block.parameters),
      counted(block.macs),
      shape(block.output),
    ]),
    foot: [["total", "", "", counted(parameters), counted(macs), ""]],
  };
}

/** Several networks, a row for each; with a convention, its numbers too. */
export function networksTable(reports: readonly NamedStats[]): Table {
  const name = reports[0]?.convention?.name;
  return {
    head: [
      ...["network", "input", "parameters", "attention's", "running statistics", "MACs"],
      ...(name === undefined ? [] : [`parameters by ${name}`, `operations by ${name}`]),
    ],
    rows: reports.map(({ file, input, convention, ...report }): readonly Cell[] => [
      file,
      input === null ? "" : Object.values(input).join("×"),
      counted(report.parameters),
      counted(report.attentionParameters),
      counted(report.buffers),
      counted(report.macs),
      ...(convention === undefined ? [] : [convention.parameters.printed, convention.operations.printed]),
    ]),
  };
}

/** What `ecagen stats` prints of one network for people. */
export function statsText(report: StatsReport): string {
  return `${terminalTable(withBars(blocksTable(report), ["parameters", "MACs"]))}\n${besideBlocks(report)}`;
}

/** What is said of one network besides its table. */
export function besideBlocks(report: StatsReport): string {
  const features = report.outputs.filter(({ stride }) => stride !== undefined);
  const outputs = features.map(
    ({ name, dims, stride }) => `output ${name}: ${shape(dims)}, stride ${stride}\n`,
  );
  return [
    `${oneVisibleLine(report.name)}: ${count(report.parameters)} parameters, ${count(report.attentionParameters)} of them attention's; `,
    `${count(report.buffers)} running statistics; ${macs(report.macs)} MACs for ${inputText(report.input)}\n`,
    uncountedText(report),
    report.beforeFolding === undefined ? "" : foldingText(report.beforeFolding),
    ...outputs,
    expectedText(report),
    report.convention === undefined ? "" : conventionText(report.convention),
  ].join("");
}

/** What is said of several networks besides their table. */
export function besideNetworks(reports: readonly NamedStats[]): string {
  return reports
    .map((report) => {
      const folding = report.beforeFolding === undefined ? "" : foldingText(report.beforeFolding);
      const text = `${uncountedText(report)}${folding}${verdictsText(report)}`;
      return text
        .split("\n")
        .map((line) => (line === "" ? "" : `${oneVisibleLine(report.file)}: ${line}\n`))
        .join("");
    })
    .join("");
}

/** The expectations that fail, or, in one line, that none does. */
function verdictsText({ expectations }: Pick<StatsReport, "expectations">): string {
  const failed = expectations.filter(({ ok }) => !ok);
  if (expectations.length === 0 || failed.length > 0) return expectedText({ expectations: failed });
  return `${expectations.length} expected counts: ${verdict(true)}\n`;
}

function expectedText({ expectations }: Pick<StatsReport, "expectations">): string {
  return expectations
    .map(({ name, expected, ok }) => `${name} ${count(expected)}: ${verdict(ok)}\n`)
    .join("");
}

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
