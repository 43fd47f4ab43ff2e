import { instance } from "@viz-js/viz";
import { attentionKindOf, moduleOf } from "../src/ir/attention/modules.js";
import type { Graph, Op, Value } from "../src/ir/graph.js";
import { eliminateDeadCode } from "../src/passes/simplify/eliminate.js";

/** What of a network's graph is drawn. */
export interface PictureOptions {
  /** The unit that an op is drawn in, by its scope. */
  readonly unitOf: (scope: string) => string;
  /** What a unit is called. */
  readonly titleOf: (unit: string) => string;
  /** Whether its ops are said. */
  readonly kinds: boolean;
}

/** Ops that stand together in the picture. */
interface Unit {
  readonly name: string;
  readonly ops: Op[];
  readonly reads: Map<string, string>;
}

/**
 * A network as an SVG: a node for each unit of its ops, an edge for each value that one reads of another, with its channels and sizes.
 * Gates are green, heads of one name share a colour. Graphviz draws it (dot).
 */
export async function pictureOf(graph: Graph, options: PictureOptions): Promise<string> {
  const viz = await instance();
  return viz.renderString(dotOf(eliminateDeadCode.run(graph, {}), options), { format: "svg", engine: "dot" });
}

function dotOf(graph: Graph, { unitOf, titleOf, kinds }: PictureOptions): string {
  const units = unitsOf(graph, unitOf);
  const lines = [...units.values()].flatMap(({ name, ops, reads }) => [
    `${id(name)} [label=${id(labelOf(titleOf(name), ops, kinds))}, fillcolor="${colourOf(name, ops)}"]`,
    ...[...reads].map(([from, shape]) => `${id(from)} -> ${id(name)} [label=${id(`  ${shape}`)}]`),
  ]);
  const made = madeBy(graph, unitOf);
  const ends = graph.outputs.flatMap((output) => [
    `${id(`output ${output.name}`)} [label=${id(output.name)}, shape=plain, style=""]`,
    `${id(made.get(output) ?? "")} -> ${id(`output ${output.name}`)} [label=${id(`  ${shapeOf(output)}`)}]`,
  ]);
  const starts = graph.inputs.map(({ name }) => `${id(name)} [label=${id(name)}, shape=plain, style=""]`);
  return `digraph {
rankdir=TB; bgcolor="white"; pad=0.2; nodesep=0.5; ranksep=0.4
node [shape=box, style="filled,rounded", fontname="Arial", fontsize=11, color="#5b6573", margin="0.2,0.08"]
edge [fontname="Arial", fontsize=9, color="#5b6573", fontcolor="#5b6573", arrowsize=0.6]
${[...starts, ...lines, ...ends].join("\n")}
}`;
}

/** Which unit makes a value; that of an input is its name. */
function madeBy(graph: Graph, unitOf: (scope: string) => string): ReadonlyMap<Value, string> {
  return new Map<Value, string>([
    ...graph.inputs.map((input) => [input, input.name] as const),
    ...graph.ops.flatMap((op) => op.results.map((result) => [result, unitOf(op.loc.scope)] as const)),
  ]);
}

function unitsOf(graph: Graph, unitOf: (scope: string) => string): ReadonlyMap<string, Unit> {
  const made = madeBy(graph, unitOf);
  const units = new Map<string, Unit>();
  for (const op of graph.ops) {
    const name = unitOf(op.loc.scope);
    const unit: Unit = units.get(name) ?? { name, ops: [], reads: new Map() };
    units.set(name, unit);
    unit.ops.push(op);
    for (const operand of op.operands) {
      const from = made.get(operand);
      if (from !== undefined && from !== name) unit.reads.set(from, shapeOf(operand));
    }
  }
  return units;
}

/** Sizes but those of the batch: `32×16×16`. */
function shapeOf({ type: { dims } }: Value): string {
  return (dims.length > 2 ? dims.slice(1) : dims).join("×");
}

const GATE = "#bfe3c3";
const HEADS = ["#f6d6a8", "#d5c6ec", "#f3c1c6"];

function colourOf(name: string, ops: readonly Op[]): string {
  if (ops.some(({ kind }) => attentionKindOf(kind) !== undefined) && ops.length === 1) return GATE;
  const [, room, head = ""] = name.split("/");
  if (room === "heads") return HEADS[head.length % HEADS.length] as string;
  return room === "neck" ? "#cfe3f5" : "#eef1f4";
}

/** The unit's name, its ops where they are asked for, and its gates. */
function labelOf(title: string, ops: readonly Op[], kinds: boolean): string {
  const gates = ops.flatMap(({ kind }) => attentionKindOf(kind) ?? []);
  const others = kinds && ops.length < 5 ? ops.filter(({ kind }) => attentionKindOf(kind) === undefined) : [];
  return [
    title,
    ...(others.length === 0 || title.endsWith(` ${others[0]?.kind}`)
      ? []
      : [others.map(({ kind }) => kind).join(", ")]),
    ...new Set(gates.map((kind) => moduleOf(kind).title)),
  ].join("\n");
}

function id(text: string): string {
  return JSON.stringify(text);
}
