import { count, macs } from "../../base/numbers.js";
import type { NamedModel } from "../../given/models.js";
import { chartPart } from "../charts/chart-part.js";
import { gatesChart, mostCosts, stagesChart } from "../charts/network-charts.js";
import type { Page, PagePart, PageSection, UnfoldingPart } from "../page/page.js";
import { blocksTable } from "./blocks-table.js";
import { type NetworkComparison, networkComparison } from "./comparison.js";
import { type DrawnNetwork, drawnNetwork, graphParts } from "./graph-parts.js";
import { shownNames } from "./names.js";
import type { ReportedNetwork } from "./network.js";
import type { Costs } from "./shares.js";
import { changesTable, gatesTable, inputText, partText, passesTable, summaryTable } from "./tables.js";

export interface NetworkPageOptions {
  /** Default: the names of the networks. */
  readonly title?: string | undefined;
  /** What is said first. */
  readonly before?: readonly PageSection[] | undefined;
  /** What else there is to show, behind the rest: how networks were verified, and how fast they are. */
  readonly more?: readonly PageSection[] | undefined;
}

/** What a page shows of networks, read off them while they are open. */
export interface NetworksSeen {
  readonly comparison: NetworkComparison;
  readonly drawn: readonly DrawnNetwork[];
}

/** What there is to show of networks that are open. */
export function networksSeen(models: readonly NamedModel[]): NetworksSeen {
  return { comparison: networkComparison(models), drawn: models.map(([, { graph }]) => drawnNetwork(graph)) };
}

/** The page of one network, or of several beside each other, each compared with the first. */
export async function networkPage(
  { comparison, drawn }: NetworksSeen,
  { title, before = [], more = [] }: NetworkPageOptions = {},
): Promise<Page> {
  const { networks, diffs } = comparison;
  const names = shownNames(networks.map(({ file }) => file));
  const sections = [
    ...before,
    summarySection(comparison),
    ...(diffs.length === 0 ? [] : [changesSection(comparison)]),
    await chartsSection(networks, names),
    blocksSection(comparison),
    ...(networks.some(({ gates }) => gates.length > 0) ? [await gatesSection(comparison, names)] : []),
    { id: "graph", title: "Graph", parts: await graphParts(drawn, names) },
    ...(networks.some(({ passes }) => passes.length > 0) ? [passesSection(comparison)] : []),
    ...more,
  ];
  return { title: title ?? titleOf(networks, names), lead: leadOf(comparison), sections };
}

function titleOf(networks: readonly ReportedNetwork[], names: readonly string[]): string {
  const [only, ...others] = networks;
  return only !== undefined && others.length === 0 ? only.name : names.join(" · ");
}

function leadOf({ networks, diffs }: NetworkComparison): string {
  const [first] = networks;
  if (first === undefined) return "";
  if (diffs.length > 0) return `${networks.length} networks, compared with ${first.file}`;
  const input = inputText(first);
  return [
    first.file,
    ...(first.producer === null ? [] : [`by ${first.producer}`]),
    ...(first.opset === null ? [] : [`opset ${first.opset}`]),
    ...(input === "" ? [] : [`for an input of ${input}`]),
  ].join(", ");
}

function summarySection(comparison: NetworkComparison): PageSection {
  const { networks } = comparison;
  const [first, ...others] = networks;
  const parts: readonly PagePart[] =
    first !== undefined && others.length === 0
      ? [figuresOf(first)]
      : [{ kind: "table", caption: "The numbers of each network", table: summaryTable(comparison) }];
  return { id: "summary", title: "Summary", parts: [...parts, ...networks.flatMap(missingOf)] };
}

function figuresOf(network: ReportedNetwork): PagePart {
  const { parameters, attentionParameters, buffers, macs: products, ops, blocks, gates } = network;
  const part = parameters === 0 ? "" : `${partText(attentionParameters / parameters)} of all`;
  return {
    kind: "figures",
    figures: [
      { name: "parameters", text: count(parameters) },
      { name: "of them attention's", text: count(attentionParameters), note: part },
      { name: "MACs", text: macs(products), note: count(products) },
      { name: "running statistics", text: count(buffers) },
      { name: "blocks", text: count(blocks.length), note: `${count(ops)} ops` },
      {
        name: "gates",
        text: count(gates.length),
        note: [...new Set(gates.map(({ kind }) => kind))].join(", "),
      },
    ],
  };
}

function missingOf({ file, uncounted = [] }: ReportedNetwork): readonly PagePart[] {
  if (uncounted.length === 0) return [];
  const operators = uncounted.map(({ operator, nodes }) => `${operator} (${count(nodes)})`).join(", ");
  return [{ kind: "text", text: `The MACs of ${file} are at least these, without those of ${operators}.` }];
}

function changesSection({ diffs }: NetworkComparison): PageSection {
  return {
    id: "changes",
    title: "Changes",
    parts: diffs.flatMap((diff): readonly PagePart[] => {
      const { a, b, changes, computeTheSame, notes } = diff;
      const same = computeTheSame ? "The networks compute the same of the same inputs and weights." : "";
      const said: readonly PagePart[] = [
        ...(same === "" ? [] : [{ kind: "text" as const, text: `${b}: ${same}` }]),
        ...notes.map((text) => ({ kind: "text" as const, text })),
      ];
      if (changes.length === 0)
        return [
          ...(same === "" ? [{ kind: "text" as const, text: `${b}: no block differs.` }] : []),
          ...said,
        ];
      const part: UnfoldingPart = {
        kind: "unfolding",
        summary: `${b}, compared with ${a}`,
        note: kindsText(changes),
        open: changes.length <= 12,
        parts: [
          {
            kind: "table",
            caption: `What is different in ${b}`,
            interactive: true,
            table: changesTable(diff),
          },
          ...said,
        ],
      };
      return [part];
    }),
  };
}

/** `16 attention-swapped, 1 layer-changed` */
function kindsText(changes: readonly { readonly kind: string }[]): string {
  const kinds = new Map<string, number>();
  for (const { kind } of changes) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  return [...kinds].map(([kind, times]) => `${count(times)} ${kind}`).join(", ");
}

/** The charts of one network stand beside each other; those of several below each other, beside those of the others. */
async function chartsSection(
  networks: readonly ReportedNetwork[],
  names: readonly string[],
): Promise<PageSection> {
  const [only, ...others] = networks;
  const numbers = { parameters: "Parameters", macs: "MACs" } as const;
  const chartsOf = async (network: ReportedNetwork, name: string | undefined): Promise<PagePart[]> => {
    const parts: PagePart[] = [];
    for (const [number, title] of Object.entries(numbers) as [keyof Costs, string][]) {
      const caption = name === undefined ? title : `${title}: ${name}`;
      parts.push(await costsChart(network, number, mostCosts(networks, number), caption));
    }
    return parts;
  };
  const columns: PagePart[][] = [];
  if (only !== undefined && others.length === 0)
    for (const chart of await chartsOf(only, undefined)) columns.push([chart]);
  else for (const [i, network] of networks.entries()) columns.push(await chartsOf(network, names[i]));
  return { id: "costs", title: "Costs by stage", parts: [{ kind: "beside", columns }] };
}

async function costsChart(
  { stages }: ReportedNetwork,
  number: keyof Costs,
  most: number,
  caption: string,
): Promise<PagePart> {
  const texts = stages.map(({ stage, shares }) => {
    const split = Object.entries(shares).flatMap(([share, costs]) =>
      costs[number] === 0 ? [] : [`${share} ${count(costs[number])}`],
    );
    return `${stage}: ${split.join(", ")}`;
  });
  return {
    kind: "picture",
    form: "chart",
    svg: await chartPart(stagesChart(stages, number, most)),
    label: `${caption} by stage. ${texts.join("; ")}`,
    caption,
  };
}

function blocksSection(comparison: NetworkComparison): PageSection {
  const caption =
    comparison.networks.length === 1
      ? "The blocks of the network"
      : "The blocks, those that are taken for each other in a row";
  return {
    id: "blocks",
    title: "Blocks",
    parts: [{ kind: "table", caption, interactive: true, table: blocksTable(comparison) }],
  };
}

/** Charts of more gates are no pictures any more; the table has them all. */
const MOST_GATES = 60;

async function gatesSection(comparison: NetworkComparison, names: readonly string[]): Promise<PageSection> {
  const columns: PagePart[][] = [];
  for (const [i, { gates }] of comparison.networks.entries()) {
    if (gates.length === 0 || gates.length > MOST_GATES) continue;
    const caption = comparison.networks.length === 1 ? "C of each gate" : `C of each gate: ${names[i]}`;
    columns.push([
      {
        kind: "picture",
        form: "chart",
        svg: await chartPart(gatesChart(gates)),
        label: `${caption}, the channels that it weighs. The table below has the numbers.`,
        caption,
      },
    ]);
  }
  const table: PagePart = {
    kind: "table",
    caption: "Each gate with its channels C and, where it has one, the size k of its kernel",
    interactive: true,
    table: gatesTable(comparison),
  };
  return {
    id: "gates",
    title: "Gates",
    parts: [
      ...(columns.length === 0 ? [] : [{ kind: "beside" as const, columns }]),
      { kind: "unfolding", summary: "All gates as a table", parts: [table] },
    ],
  };
}

function passesSection(comparison: NetworkComparison): PageSection {
  return {
    id: "passes",
    title: "Passes",
    parts: [{ kind: "table", caption: "What each pass made of the network", table: passesTable(comparison) }],
  };
}
