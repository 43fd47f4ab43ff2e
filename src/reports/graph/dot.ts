import { unfolded } from "../../base/visible-text.js";
import { COLOURS, gateColour } from "../colours.js";
import type { DrawnEdge, DrawnGraph, DrawnGroup, DrawnLevel, DrawnNode } from "./drawn.js";

/** What the picture is of. */
export interface DotOptions {
  /** The title; left out, the picture has none. */
  readonly name?: string;
  readonly level: DrawnLevel;
  /** Where a click on a node leads. */
  readonly linkOf?: (node: DrawnNode) => string | undefined;
}

/**
 * The graph in the language of Graphviz. Nodes are tables of HTML, so that gates have a colour of their own. The letters are of one width,
 * so that texts fit whatever font there is.
 */
export function dotOf({ nodes, edges, counts }: DrawnGraph, { name, level, linkOf }: DotOptions): string {
  const ids = new Map(nodes.map(({ id }, i) => [id, `n${i}`]));
  const idOf = (node: DrawnNode): string => ids.get(node.id) ?? "";
  const groups = new Map<string | undefined, DrawnNode[]>();
  for (const node of nodes) {
    const members = groups.get(node.group?.id);
    if (members === undefined) groups.set(node.group?.id, [node]);
    else members.push(node);
  }
  const text = (node: DrawnNode): string => nodeText(idOf(node), node, linkOf?.(node));
  const clusters = [...groups.values()].flatMap((members, i) => {
    const [first] = members;
    const texts = members.map(text);
    if (first?.group === undefined) return texts;
    return [clusterText(i, first.group, idOf(first), texts, level)];
  });
  const shown = level === "op" ? changedShapes(edges) : edges.map(({ shape }) => shape);
  const readers = new Map<string, number>();
  for (const { from } of edges) readers.set(from, (readers.get(from) ?? 0) + 1);
  const title =
    name === undefined
      ? ""
      : `, label=<<B>${html(name)}</B><BR/><FONT POINT-SIZE="9" COLOR="${MUTED}">${html(counts)}</FONT><BR/> >`;
  return [
    `digraph ${quotedText(shortened(name ?? ""))} {`,
    `graph [bgcolor="white", pad=0.3, nodesep=0.35, ranksep=0.35, ${FONT}, fontsize=12, fontcolor="${INK}", tooltip=" ", labelloc=t${title}]`,
    `node [shape=plain, ${FONT}, fontsize=11, fontcolor="${INK}"]`,
    `edge [${FONT}, fontsize=9, color="${LINE}", fontcolor="${MUTED}", arrowsize=0.6, tooltip=" "]`,
    ...clusters,
    ...edges.map((edge, i) => edgeText(edge, shown[i] ?? "", ids, readers.get(edge.from) === 1)),
    "}",
    "",
  ].join("\n");
}

const FONT = 'fontname="Courier"';
const INK = COLOURS.ink.light;
const MUTED = COLOURS.muted.light;
const LINE = COLOURS.line.light;
const BLOCK = COLOURS.block.light;
const CLUSTER = COLOURS.cluster.light;

/** A frame around nodes. Over blocks its title stands at the top; ops are narrow, and it stands beside the first of them. */
function clusterText(
  number: number,
  { title, details }: DrawnGroup,
  first: string,
  members: readonly string[],
  level: DrawnLevel,
): string {
  const graph = `labeljust=l, style="rounded,filled", color="#dfe5ea", fillcolor="${CLUSTER}", margin=10, tooltip=" "`;
  const label = `label=${quotedText(shortened(title))}, fontsize=10, fontcolor="${MUTED}"`;
  const beside = [title, ...details].map(html).join(`<BR ALIGN="LEFT"/>`);
  return [
    `subgraph cluster_${number} {`,
    `graph [${graph}, ${level === "block" ? label : 'label=""'}]`,
    ...members,
    ...(level === "block"
      ? []
      : [
          `title${number} [label=<<FONT POINT-SIZE="9" COLOR="${MUTED}">${beside}<BR ALIGN="LEFT"/></FONT>>, tooltip=" "]`,
          `{ rank=same; ${first}; title${number} }`,
          `${first} -> title${number} [style=invis]`,
        ]),
    "}",
  ].join("\n");
}

function nodeText(id: string, node: DrawnNode, link?: string): string {
  const { kind, title, details, gates } = node;
  const said = [title, ...details, ...gates.map(({ text }) => text)].map(shortened);
  const url = link === undefined ? "" : `, URL=${quotedText(link)}`;
  const tooltip = `tooltip=${quotedText(said.join(", "))}${url}`;
  if (kind === "input" || kind === "output") {
    const what = title === kind ? "" : `<FONT COLOR="${MUTED}">${kind}&#160;</FONT>`;
    return `${id} [label=<${what}<B>${html(title)}</B>>, margin="0.05,0.03", shape=plaintext, height=0, ${tooltip}]`;
  }
  const small = [...details, ...(kind === "training-only" ? ["training only"] : [])];
  const rows = [
    ...(gates.length > 0 && kind === "op" ? [] : [`<B>${html(title)}</B>`]),
    ...small.map((line) => `<FONT POINT-SIZE="9" COLOR="${MUTED}">${html(line)}</FONT>`),
  ].map((text) => `<TR><TD>${text}</TD></TR>`);
  const pills = gates.map(
    (gate) => `<TR><TD BGCOLOR="${gateColour(gate.kind)}" CELLPADDING="4">${html(gate.text)}</TD></TR>`,
  );
  const style = kind === "training-only" ? "rounded,dashed" : "rounded";
  const fill = kind === "block" || node.hasWeights ? BLOCK : "white";
  const table = `STYLE="${style}" BORDER="1" COLOR="${LINE}" BGCOLOR="${fill}" CELLBORDER="0" CELLSPACING="3" CELLPADDING="2"`;
  return `${id} [label=<<TABLE ${table}>${[...rows, ...pills].join("")}</TABLE>>, ${tooltip}]`;
}

/** @param chained whether nothing else reads what the edge begins with */
function edgeText(
  { from, to }: DrawnEdge,
  shape: string,
  ids: ReadonlyMap<string, string>,
  chained: boolean,
): string {
  const label = shape === "" ? [] : [`label=${quotedText(`  ${shape}`)}`];
  // Chains are drawn straight, before what goes around them.
  const weight = chained ? ["weight=8"] : [];
  const attributes = [...label, ...weight].join(", ");
  return `${ids.get(from)} -> ${ids.get(to)}${attributes === "" ? "" : ` [${attributes}]`}`;
}

/** The shapes of edges, where a node makes another one than each that it reads: most layers keep it. */
function changedShapes(edges: readonly DrawnEdge[]): readonly string[] {
  const read = new Map<string, Set<string>>();
  for (const { to, shape } of edges) read.set(to, (read.get(to) ?? new Set()).add(shape));
  return edges.map(({ from, to, shape }) => {
    const isEnd = to.startsWith("output ") || !read.has(from);
    return isEnd || read.get(from)?.has(shape) !== true ? shape : "";
  });
}

/** Longer names make a picture unreadable; the IR and `inspect` have all of them. */
const LONGEST_NAME = 60;

function shortened(text: string): string {
  const characters = Array.from(unfolded(text));
  return characters.length <= LONGEST_NAME
    ? characters.join("")
    : `${characters.slice(0, LONGEST_NAME - 1).join("")}…`;
}

/** A text between tags. */
function html(text: string): string {
  return shortened(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A text between quotes, in which a backslash is one. */
function quotedText(text: string): string {
  const escaped = text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("&", "&amp;");
  return `"${escaped}"`;
}
