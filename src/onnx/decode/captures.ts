import { refuse, TypeRefusal } from "../../ir/types.js";
import type { ModelDocument } from "../file/document.js";
import { bodiesOf, type GraphMessage, type NodeMessage, TensorProto } from "../file/proto.js";

/** More levels of subgraphs than any real file has; without a limit a file could overflow the stack. */
const DEEPEST = 64;

/** The names of tensors in the subgraphs of a node. */
export interface SubgraphNames {
  /** Tensors of the graph around that the subgraphs read, in order, each once. */
  readonly captured: readonly string[];
  /** Names that the subgraphs define themselves: no tensor around may be called so. */
  readonly inner: readonly string[];
}

const NONE: SubgraphNames = { captured: [], inner: [] };

/**
 * What the subgraphs of a node (the branches of an If, the body of a Loop) take from outside and what they define.
 * Refuses (`refuse`) subgraphs with tensors in other files, which would be lost where the model is written elsewhere.
 *
 * Source: https://onnx.ai/onnx/repo-docs/IR.html#static-tensor-shapes, "Names Within a Graph"
 */
export function subgraphNames(node: NodeMessage): SubgraphNames {
  const graphs = bodiesOf(node);
  if (graphs.length === 0) return NONE;
  const captured = new Set<string>();
  const inner = new Set<string>();
  for (const graph of graphs) walk(graph, new Set(), captured, inner, 1);
  return { captured: [...captured], inner: [...inner] };
}

/** The names of tensors that a node, a subgraph or the graph itself takes: the rest is unused. */
export function readNames({ nodes, outputs }: ModelDocument): ReadonlySet<string> {
  const names = new Set(outputs.map(({ message }) => message.name ?? ""));
  for (const { message } of nodes) {
    for (const name of message.input ?? []) names.add(name);
    for (const name of capturedNames(message)) names.add(name);
  }
  return names;
}

/** What the subgraphs of a node read; nothing of those that are refused, which ends the import. */
export function capturedNames(node: NodeMessage): readonly string[] {
  try {
    return subgraphNames(node).captured;
  } catch (error) {
    if (error instanceof TypeRefusal) return [];
    throw error;
  }
}

function walk(
  graph: GraphMessage,
  outer: ReadonlySet<string>,
  captured: Set<string>,
  inner: Set<string>,
  depth: number,
): void {
  if (depth > DEEPEST) refuse(`its subgraphs are nested more than ${DEEPEST} deep`);
  const known = new Set(outer);
  const define = (name: string | null | undefined): void => {
    if (!name) return;
    known.add(name);
    inner.add(name);
  };
  const use = (name: string): void => {
    if (name !== "" && !known.has(name)) captured.add(name);
  };
  for (const { name } of graph.input ?? []) define(name);
  for (const { name, dataLocation } of graph.initializer ?? []) {
    if (dataLocation === TensorProto.DataLocation.EXTERNAL)
      refuse(`the tensor ${name} of its subgraph lies in another file`);
    define(name);
  }
  for (const { values } of graph.sparseInitializer ?? []) define(values?.name);
  for (const node of graph.node ?? []) {
    for (const name of node.input ?? []) use(name);
    for (const each of bodiesOf(node)) walk(each, known, captured, inner, depth + 1);
    for (const name of node.output ?? []) define(name);
  }
  for (const { name } of graph.output ?? []) use(name ?? "");
}
