import { count } from "../../base/numbers.js";
import type { Graph } from "../../ir/graph.js";
import { eliminateDeadCode } from "../../passes/simplify/eliminate.js";
import { blockGraph } from "../graph/block-graphs.js";
import { dotOf } from "../graph/dot.js";
import { type DrawnGraph, type DrawnLevel, type DrawnNode, drawnGraph } from "../graph/drawn.js";
import { partOfPage } from "../graph/svg-parts.js";
import type { PagePart, UnfoldingPart } from "../page/page.js";
import { blockId } from "./names.js";

/** More are not laid out in a page: nobody reads such a picture, and `ecagen graph` draws up to 5,000. */
const MOST_BLOCKS = 400;
const MOST_OPS = 250;

/** A network as nodes and edges, by blocks and by ops. */
export interface DrawnNetwork {
  readonly blocks: DrawnGraph;
  readonly ops: DrawnGraph;
}

export function drawnNetwork(graph: Graph): DrawnNetwork {
  const live = eliminateDeadCode.run(graph, {});
  return { blocks: drawnGraph(live, "block"), ops: drawnGraph(live, "op") };
}

/** Pictures of Graphviz, each laid out once: stages repeat their blocks. */
export class Pictures {
  readonly #known = new Map<string, string>();

  async of(
    drawn: DrawnGraph,
    level: DrawnLevel,
    linkOf?: (node: DrawnNode) => string | undefined,
  ): Promise<string> {
    const dot = dotOf(drawn, { level, ...(linkOf === undefined ? {} : { linkOf }) });
    const known = this.#known.get(dot);
    if (known !== undefined) return known;
    const { svgOf } = await import("../graph/graphviz.js");
    const svg = partOfPage(await svgOf(dot));
    this.#known.set(dot, svg);
    return svg;
  }
}

/** The blocks of a network as a picture, in which each leads to its ops. */
export async function blocksPicture(
  { blocks: drawn }: DrawnNetwork,
  name: string,
  number: number,
  pictures: Pictures,
): Promise<PagePart> {
  if (drawn.nodes.length > MOST_BLOCKS) return tooLarge(drawn, "block");
  const linkOf = ({ kind, id }: DrawnNode): string | undefined =>
    kind === "block" ? `#${blockId(number, id)}` : undefined;
  const blocks = drawn.nodes.filter(({ kind }) => kind === "block").length;
  return {
    kind: "picture",
    svg: await pictures.of(drawn, "block", linkOf),
    label: `${name}: ${count(blocks)} blocks and the sizes between them`,
    form: "linked-graph",
  };
}

/** The blocks of a network, each of which unfolds to the picture of its ops. */
export async function unfoldingBlocks(
  { blocks, ops }: DrawnNetwork,
  number: number,
  pictures: Pictures,
): Promise<readonly UnfoldingPart[]> {
  const parts: UnfoldingPart[] = [];
  for (const { id, title, gates, details, kind } of blocks.nodes) {
    if (kind !== "block") continue;
    const inside = blockGraph(ops, id);
    parts.push({
      kind: "unfolding",
      id: blockId(number, id),
      summary: summaryOf(id, title),
      gates,
      note: details.at(-1) ?? "",
      parts: [inside.nodes.length > MOST_OPS ? tooLarge(inside, "op") : await opsPicture(inside, pictures)],
    });
  }
  return parts;
}

function summaryOf(scope: string, type: string): string {
  const place = scope.replace(/^\/stages\/(\d+)\/blocks\/(\d+)$/, "stage $1, block $2").replace(/^\//, "");
  return place === type ? type : `${place}: ${type}`;
}

/** Ops as a picture, which says in words what they are. */
export async function opsPicture(inside: DrawnGraph, pictures: Pictures): Promise<PagePart> {
  return {
    kind: "picture",
    form: "graph",
    svg: await pictures.of(inside, "op"),
    label: `the ops in their order: ${inside.nodes.map(nodeText).join("; ")}`,
  };
}

function nodeText({ title, details, gates }: DrawnNode): string {
  return gates.length > 0 ? gates.map(({ text }) => text).join(", ") : [title, ...details].join(" ");
}

function tooLarge({ nodes }: DrawnGraph, level: DrawnLevel): PagePart {
  const text = `${count(nodes.length)} nodes are too many for a picture here: ecagen graph --level ${level} draws them.`;
  return { kind: "text", text };
}

/** The graphs of networks beside each other, and their blocks, which unfold to ops. */
export async function graphParts(
  drawn: readonly DrawnNetwork[],
  names: readonly string[],
): Promise<readonly PagePart[]> {
  const pictures = new Pictures();
  const [only, ...others] = drawn;
  if (only !== undefined && others.length === 0) {
    const blocks = await unfoldingBlocks(only, 0, pictures);
    return [{ kind: "beside", columns: [[await blocksPicture(only, names[0] ?? "", 0, pictures)], blocks] }];
  }
  const columns: PagePart[][] = [];
  for (const [i, network] of drawn.entries()) {
    columns.push([
      { kind: "heading", text: names[i] ?? "" },
      await blocksPicture(network, names[i] ?? "", i, pictures),
      {
        kind: "unfolding",
        summary: "Blocks and ops",
        parts: await unfoldingBlocks(network, i, pictures),
      },
    ]);
  }
  return [{ kind: "beside", columns }];
}
