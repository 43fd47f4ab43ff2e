import type { BlockCounts } from "../../analysis/counts.js";
import { type Cell, counted, percent } from "../../base/table.js";
import { type MarkedCell, marked, type PageCell, type PageRow, type PageTable } from "../page/page.js";
import type { ComparedBlocks, NetworkComparison } from "./comparison.js";
import { blockId, shownNames } from "./names.js";
import type { ReportedNetwork } from "./network.js";

/** The blocks of all networks, those that are taken for each other in one row. */
export function blocksTable(comparison: NetworkComparison): PageTable {
  const { networks } = comparison;
  return networks.length === 1 ? blocksOfOne(comparison) : blocksOfSeveral(comparison);
}

function blocksOfOne({ networks, rows }: NetworkComparison): PageTable {
  const [network] = networks;
  const channels = new Map<string, string>();
  for (const { block, channels: c } of network?.gates ?? [])
    if (block !== null && c !== null)
      channels.set(block, [channels.get(block), c].filter((each) => each).join(", "));
  const kernels = new Map<string, string>();
  for (const { block, k } of network?.gates ?? [])
    if (block !== null && k !== undefined)
      kernels.set(block, [kernels.get(block), k].filter((each) => each).join(", "));
  const gated = (network?.gates.length ?? 0) > 0;
  const part = (value: number, whole: number | undefined): Cell =>
    percent(whole === undefined || whole === 0 ? null : (100 * value) / whole);
  return {
    head: [
      "block",
      "type",
      ...(gated ? ["attention", "C", "k"] : []),
      "output",
      "parameters",
      "parameters, %",
      ...(gated ? ["attention's"] : []),
      "MACs",
      "MACs, %",
    ],
    short: [
      ...["block", "type"],
      ...(gated ? ["attention", "C", "k"] : []),
      ...["output", "parameters", "%"],
      ...(gated ? ["attention's"] : []),
      ...["MACs", "%"],
    ],
    rows: rows.flatMap(({ blocks: [block] }): PageRow[] => {
      if (block === undefined || block === null) return [];
      const { path } = block;
      return [
        {
          cells: [
            linked(network, 0, path),
            block.block,
            ...(gated
              ? [gatesCell(block), numberText(channels.get(path)), numberText(kernels.get(path))]
              : []),
            shapeText(block),
            counted(block.parameters),
            part(block.parameters, network?.parameters),
            ...(gated ? [counted(block.attentionParameters)] : []),
            counted(block.macs),
            part(block.macs, network?.macs),
          ],
        },
      ];
    }),
    ...(network === undefined
      ? {}
      : {
          foot: [
            {
              cells: [
                "total",
                "",
                ...(gated ? ["", "", ""] : []),
                "",
                counted(network.parameters),
                "",
                ...(gated ? [counted(network.attentionParameters)] : []),
                counted(network.macs),
                "",
              ],
            },
          ],
        }),
  };
}

/** One number as such, so that it can be sorted. */
function numberText(text = ""): Cell {
  return /^\d+$/.test(text) ? counted(Number(text)) : text;
}

function blocksOfSeveral({ networks, rows }: NetworkComparison): PageTable {
  const titles = shownNames(networks.map(({ file }) => file));
  const columns = ["attention", "parameters", "MACs"] as const;
  const total = networks.flatMap(({ parameters, macs }): Cell[] => ["", counted(parameters), counted(macs)]);
  return {
    groups: [{ title: "", span: 3 }, ...titles.map((title) => ({ title, span: columns.length }))],
    head: [
      "block",
      "type",
      "output",
      ...titles.flatMap((title) => columns.map((each) => `${title}: ${each}`)),
    ],
    short: ["block", "type", "output", ...titles.flatMap(() => columns)],
    rows: rows.map((row) => comparedRow(row, networks)),
    foot: [{ cells: ["total", "", "", ...total] }],
  };
}

function comparedRow(
  { blocks, against, differs }: ComparedBlocks,
  networks: NetworkComparison["networks"],
): PageRow {
  const at = blocks.findIndex((block) => block !== null);
  const shown = blocks[at];
  if (shown === undefined || shown === null) return { cells: [] };
  return {
    differs,
    cells: [
      linked(networks[at], at, shown.path),
      shown.block,
      shapeText(shown),
      ...blocks.flatMap((block, i): PageCell[] => {
        if (block === null)
          return [{ cell: "no block", ...(i === 0 ? {} : { mark: "removed" as const }) }, "", ""];
        const gates = gatesCell(block);
        const numbers: readonly Cell[] = [counted(block.parameters), counted(block.macs)];
        const before = against[i] ?? null;
        if (i === 0) return [gates, ...numbers];
        if (before === null) return [{ ...gates, mark: "added" }, ...numbers];
        const [parameters, macs] = numbers as readonly [Cell, Cell];
        return [
          { ...gates, ...(differs ? gatesMark(before, block) : {}) },
          marked(parameters, before.parameters !== block.parameters),
          marked(macs, before.macs !== block.macs),
        ];
      }),
    ],
  };
}

function gatesMark(before: BlockCounts, after: BlockCounts): Pick<MarkedCell, "mark"> {
  if (before.attention.join() === after.attention.join()) return {};
  if (after.attention.length === 0) return { mark: "removed" };
  return { mark: before.attention.length === 0 ? "added" : "changed" };
}

/** The gates of a block, each in the colour of its kind: the word that its text begins with. */
function gatesCell({ attention }: BlockCounts): MarkedCell {
  return {
    cell: attention.join(", "),
    gates: attention.map((text) => ({ kind: text.split(" ")[0] ?? "", text })),
  };
}

function shapeText({ output }: BlockCounts): string {
  return output.slice(1).join("×");
}

/** A block's path, which leads to where its ops unfold. A spec's path may stand for a block of a file. */
function linked(network: ReportedNetwork | undefined, number: number, path: string): PageCell {
  const isThere = network?.blocks.some((block) => block.path === path) ?? false;
  return isThere ? { cell: path, link: `#${blockId(number, path)}` } : path;
}
