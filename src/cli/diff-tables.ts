import { type Cell, changed, counted, percent, type Table } from "../base/table.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { ComparedDiff, ComparedNetwork, DiffsReport } from "../driver/diff/several.js";
import { uncountedText } from "./report-counts.js";
import { terminalTable } from "./tables/table.js";

const NUMBERS = ["parameters", "attentionParameters", "buffers", "macs"] as const;

/** The numbers of two networks, one below the other. */
function numbersOfTwo(report: ComparedDiff): Table {
  const rows = NUMBERS.map((key): readonly Cell[] => {
    const { a, b, delta, percent: part } = report[key];
    return [key, counted(a), counted(b), changed(delta), percent(part)];
  });
  return { head: ["", report.a, report.b, "change", "%"], rows };
}

/** The numbers of several networks, a row for each, with the change from the first. */
function numbersOfAll({ networks, diffs }: DiffsReport): Table {
  const head = ["network", "parameters", "%", "attention's", "running statistics", "MACs", "MACs %"];
  const rows = networks.map((network, i): readonly Cell[] => {
    const diff = diffs[i - 1];
    const part = (key: "parameters" | "macs"): Cell => (diff === undefined ? "" : percent(diff[key].percent));
    const { file, parameters, attentionParameters, buffers, macs } = network;
    return [
      file,
      counted(parameters),
      part("parameters"),
      counted(attentionParameters),
      counted(buffers),
      counted(macs),
      part("macs"),
    ];
  });
  return { head, rows };
}

function changesTable({ changes }: ComparedDiff, title?: string): Table {
  return {
    ...(title === undefined ? {} : { title }),
    head: ["change", "at", "before", "after", "parameters"],
    rows: changes.map(({ kind, at, before, after, parametersDelta }) => [
      kind,
      at,
      before ?? "-",
      after ?? "-",
      changed(parametersDelta),
    ]),
  };
}

/** What several networks are compared in: a report of two is one of them. */
export function tablesOfDiffs(report: DiffsReport): readonly Table[] {
  const { diffs } = report;
  const [only, ...more] = diffs;
  const numbers = only !== undefined && more.length === 0 ? numbersOfTwo(only) : numbersOfAll(report);
  const changes = diffs.map((diff) => changesTable(diff, more.length === 0 ? undefined : titleOf(diff)));
  return [numbers, ...changes.filter(({ rows }) => rows.length > 0)];
}

function titleOf({ a, b }: ComparedDiff): string {
  return `${oneVisibleLine(b)}, compared with ${oneVisibleLine(a)}`;
}

/** What `ecagen diff` prints for people. */
export function diffText(report: DiffsReport): string {
  const { networks, diffs } = report;
  const [numbers] = tablesOfDiffs(report);
  const parts = diffs.map((diff) => {
    const title = diffs.length === 1 ? "" : `${titleOf(diff)}:\n\n`;
    const changes = diff.changes.length === 0 ? "no block differs\n" : terminalTable(changesTable(diff));
    const same = diff.computeTheSame ? "the networks compute the same of the same inputs and weights\n" : "";
    return `\n${title}${changes}${same}`;
  });
  return [
    numbers === undefined ? "" : terminalTable(numbers),
    ...networks.map(missingText),
    ...parts,
    failedText(report),
  ].join("");
}

/** What is said besides the tables. */
export function besideDiffs(report: DiffsReport): string {
  return `${report.networks.map(missingText).join("")}${failedText(report)}`;
}

function missingText({ file, uncounted = [] }: ComparedNetwork): string {
  const text = uncountedText({ uncounted });
  return text === "" ? "" : `${oneVisibleLine(file)}: ${text}`;
}

/** The conditions that hold, and why. */
function failedText({ diffs }: DiffsReport): string {
  const failed = diffs.flatMap((diff) => diff.failed ?? []);
  const lines = failed.map(({ condition, reason }) => `FAILED ${condition}: ${reason}\n`);
  return lines.length === 0 ? "" : `\n${lines.join("")}`;
}
