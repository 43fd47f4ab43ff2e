import type { Change } from "../../analysis/diff/changes.js";
import type { Difference } from "../../analysis/diff/networks.js";
import { count } from "../../base/numbers.js";
import { changed, counted, type Table } from "../../base/table.js";
import type { NamedModelsDiff } from "../diff/diff-models.js";
import { marked, type PageCell, type PageRow, type PageTable, plainTable } from "../page/page.js";
import { blocksTable } from "./blocks-table.js";
import type { NetworkComparison } from "./comparison.js";
import type { ReportedNetwork, ReportedPass } from "./network.js";
import { TABLE_PARTS, type TablePartName } from "./parts.js";

/** The tables of a report in other forms than a page; those that have nothing in them are left out. */
export function tablesOf(comparison: NetworkComparison, part?: TablePartName): readonly Table[] {
  const titled = (title: string, table: PageTable): Table => ({ title, ...plainTable(table) });
  const all: Readonly<Record<TablePartName, () => readonly Table[]>> = {
    summary: () => [titled("Summary", summaryTable(comparison))],
    changes: () =>
      comparison.diffs.map((diff) => titled(`${diff.b}, compared with ${diff.a}`, changesTable(diff))),
    blocks: () => [titled("Blocks", blocksTable(comparison))],
    gates: () => [titled("Gates", gatesTable(comparison))],
    passes: () => [titled("Passes", passesTable(comparison))],
  };
  const parts = part === undefined ? TABLE_PARTS : [part];
  return parts.flatMap((each) => all[each]()).filter(({ rows }) => part !== undefined || rows.length > 0);
}

/** The numbers that networks are compared by. */
const NUMBERS = {
  parameters: "parameters",
  attentionParameters: "attention's parameters",
  buffers: "running statistics",
  macs: "MACs",
} as const;

type NumberName = keyof typeof NUMBERS;

const SHORT: Readonly<Record<NumberName, string>> = {
  ...NUMBERS,
  attentionParameters: "attention's",
  buffers: "statistics",
};

/** A row for each network, with how its numbers differ from the first one's. */
export function summaryTable({ networks, diffs }: NetworkComparison): PageTable {
  const names = Object.keys(NUMBERS) as readonly NumberName[];
  const compared: readonly NumberName[] = networks.length > 1 ? ["parameters", "macs"] : [];
  const hasOpset = networks.some(({ opset }) => opset !== null);
  const first = ["network", "input", ...(hasOpset ? ["opset"] : []), "ops", "blocks", "gates"];
  const heads = (
    titles: Readonly<Record<NumberName, string>>,
    change: (name: string) => string,
  ): readonly string[] => [
    ...first,
    ...names.flatMap((name) => [titles[name], ...(compared.includes(name) ? [change(titles[name])] : [])]),
  ];
  return {
    head: heads(NUMBERS, (name) => `${name}, change`),
    short: heads(SHORT, () => "change"),
    rows: networks.map((network, i) => {
      const diff = diffs[i - 1];
      return {
        cells: [
          network.file,
          inputText(network),
          ...(hasOpset ? [network.opset === null ? "" : counted(network.opset)] : []),
          counted(network.ops),
          counted(network.blocks.length),
          counted(network.gates.length),
          ...names.flatMap((name): readonly PageCell[] => [
            counted(network[name]),
            ...(compared.includes(name) ? [diff === undefined ? "" : changeCell(diff[name])] : []),
          ]),
        ],
      };
    }),
  };
}

/** `+13.7 %`, `+0.0016 %`; the same number is no change. */
function changeCell({ a, delta }: Difference): PageCell {
  if (delta === 0) return "same";
  const sign = delta > 0 ? "+" : "−";
  const text = a === 0 ? count(Math.abs(delta)) : partText(Math.abs(delta) / a);
  return { cell: { value: a === 0 ? delta : (100 * delta) / a, text: `${sign}${text}` }, mark: "changed" };
}

/** `12.0 %`, `0.0016 %` */
export function partText(part: number): string {
  const percent = 100 * part;
  if (percent === 0) return "0 %";
  return `${percent < 0.1 ? Number(percent.toPrecision(2)) : percent.toFixed(1)} %`;
}

export function inputText({ input }: Pick<ReportedNetwork, "input">): string {
  return input === null ? "" : Object.values(input).join("×");
}

/** Every change, in the order of the networks. */
export function changesTable({ changes }: NamedModelsDiff): PageTable {
  return {
    head: ["change", "at", "before", "after", "parameters"],
    rows: changes.map((change) => ({
      cells: [
        { cell: change.kind, mark: markOf(change) },
        change.at,
        change.before ?? "",
        change.after ?? "",
        changed(change.parametersDelta),
      ],
    })),
  };
}

function markOf({ before, after }: Change): "changed" | "added" | "removed" {
  if (before === null) return "added";
  return after === null ? "removed" : "changed";
}

/** Each gate with its C, and the k of those that have one. */
export function gatesTable({ networks }: NetworkComparison): PageTable {
  const several = networks.length > 1;
  return {
    head: [...(several ? ["network"] : []), "gate", "kind", "C", "k", "rule of k", "is", "parameters"],
    rows: networks.flatMap(({ file, gates }) =>
      gates.map(({ at, kind, text, channels, k, rule, parameters }) => ({
        cells: [
          ...(several ? [file] : []),
          at,
          kind,
          channels === null ? "" : counted(channels),
          k === undefined ? "" : counted(k),
          rule ?? "",
          { cell: text, gates: [{ kind, text }] },
          counted(parameters),
        ],
      })),
    ),
  };
}

/** What each pass made of the network. */
export function passesTable({ networks }: NetworkComparison): PageTable {
  const several = networks.length > 1;
  const numbers = ["ops", "parameters", "attentionParameters", "macs"] as const;
  const titles = {
    ops: "ops",
    parameters: "parameters",
    attentionParameters: "attention's parameters",
    macs: "MACs",
  };
  const row = (file: string, { pass, changed, before, after }: ReportedPass): PageRow => ({
    cells: [
      ...(several ? [file] : []),
      pass,
      changed ? "yes" : "no",
      ...numbers.flatMap((name): PageCell[] => [
        counted(before[name]),
        marked(counted(after[name]), before[name] !== after[name]),
      ]),
    ],
  });
  return {
    groups: [
      { title: "", span: several ? 3 : 2 },
      ...numbers.map((name) => ({ title: titles[name], span: 2 })),
    ],
    head: [
      ...(several ? ["network"] : []),
      "pass",
      "changed",
      ...numbers.flatMap((name) => [`${titles[name]} before`, `${titles[name]} after`]),
    ],
    short: [
      ...(several ? ["network"] : []),
      "pass",
      "changed",
      ...numbers.flatMap(() => ["before", "after"]),
    ],
    rows: networks.flatMap(({ file, passes }) => passes.map((pass) => row(file, pass))),
  };
}
