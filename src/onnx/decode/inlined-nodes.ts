import {
  type AttributeMessage,
  AttributeProto,
  type GraphMessage,
  type NodeMessage,
  type ValueInfoMessage,
} from "../file/proto.js";
import { boundTo, type OwnFunction } from "../types/functions.js";

/** What stands in the place of a node that runs others. */
export interface InlinedNodes {
  readonly nodes: readonly NodeMessage[];
  /** Types of the values between them, where they are declared. */
  readonly values: readonly ValueInfoMessage[];
}

/** A name that nothing has, as near to a wanted one as can be. */
type FreshName = (wanted: string) => string;

/** The nodes of a function in the place of a call of it: its inputs are the call's, everything else has a name of its own. */
export function nodesOfCall(call: NodeMessage, own: OwnFunction, fresh: FreshName): InlinedNodes {
  const [input, output] = [own.message.input ?? [], own.message.output ?? []];
  const prefix = call.name || (call.output?.find((name) => name !== "") ?? "");
  const names = new Map(input.map((name, i) => [name, call.input?.[i] ?? ""]));
  const body = { node: [...boundTo(call, own)] };
  return inlined(body, output, call, names, (name) => fresh(`${prefix}/${name}`));
}

/** The parts of a fused node in its place. They read what it reads. */
export function nodesOfFused(
  node: NodeMessage,
  parts: readonly NodeMessage[],
  fresh: FreshName,
): InlinedNodes {
  const outputs = node.output ?? [];
  const prefix = node.name || (outputs[0] ?? "");
  const body = { node: [...parts] };
  const inside = new Set(definedIn(body));
  return inlined(body, outputs, node, new Map(), (name) =>
    inside.has(name) ? fresh(`${prefix}/${name}`) : name,
  );
}

/** The nodes of a branch in the place of the If that takes it. What it reads of the graph around keeps its name. */
export function nodesOfBranch(node: NodeMessage, branch: GraphMessage, fresh: FreshName): InlinedNodes {
  const constants = (branch.initializer ?? []).map(
    (t): NodeMessage => ({
      opType: "Constant",
      output: [t.name ?? ""],
      attribute: [{ name: "value", type: AttributeProto.AttributeType.TENSOR, t }],
    }),
  );
  const body = { node: [...constants, ...(branch.node ?? [])], valueInfo: branch.valueInfo ?? [] };
  const outputs = (branch.output ?? []).map(({ name }) => name ?? "");
  const inside = new Set(definedIn(body));
  return inlined(body, outputs, node, new Map(), (name) => (inside.has(name) ? fresh(name) : name));
}

function inlined(
  body: Pick<GraphMessage, "node" | "valueInfo">,
  outputs: readonly string[],
  outer: NodeMessage,
  given: ReadonlyMap<string, string>,
  rename: (name: string) => string,
): InlinedNodes {
  const names = new Map(given);
  const defined = new Set((body.node ?? []).flatMap(({ output }) => output ?? []));
  const copies: NodeMessage[] = [];
  outputs.forEach((name, i) => {
    const wanted = outer.output?.[i] ?? "";
    if (wanted === "") return;
    // What it only hands on, or gives twice, is copied.
    if (defined.has(name) && !names.has(name)) names.set(name, wanted);
    else
      copies.push({
        opType: "Identity",
        name: `${outer.name || wanted}/${i}`,
        input: [name],
        output: [wanted],
      });
  });
  const nameOf = (name: string): string => {
    if (name === "") return name;
    const known = names.get(name) ?? rename(name);
    names.set(name, known);
    return known;
  };
  const prefix = outer.name ? `${outer.name}/` : "";
  const nodes = (body.node ?? []).map((node): NodeMessage => {
    const own = renamed(node, nameOf);
    return node.name ? { ...own, name: `${prefix}${node.name}` } : own;
  });
  const last = copies.map((node) => ({ ...node, input: (node.input ?? []).map(nameOf) }));
  const values = (body.valueInfo ?? []).map((info) => ({ ...info, name: nameOf(info.name ?? "") }));
  return { nodes: [...nodes, ...last], values };
}

/** A node with other names for all tensors, those of its bodies too. */
function renamed(node: NodeMessage, nameOf: (name: string) => string): NodeMessage {
  const attribute = (node.attribute ?? []).map((each): AttributeMessage => {
    if (each.g) return { ...each, g: renamedGraph(each.g, nameOf) };
    return each.graphs?.length
      ? { ...each, graphs: each.graphs.map((graph) => renamedGraph(graph, nameOf)) }
      : each;
  });
  const of = (list: readonly string[] | null | undefined): string[] => (list ?? []).map(nameOf);
  return { ...node, input: of(node.input), output: of(node.output), attribute };
}

function renamedGraph(graph: GraphMessage, nameOf: (name: string) => string): GraphMessage {
  const infos = (list: readonly ValueInfoMessage[] | null | undefined): ValueInfoMessage[] =>
    (list ?? []).map((info) => ({ ...info, name: nameOf(info.name ?? "") }));
  return {
    ...graph,
    input: infos(graph.input),
    output: infos(graph.output),
    valueInfo: infos(graph.valueInfo),
    initializer: (graph.initializer ?? []).map((tensor) => ({ ...tensor, name: nameOf(tensor.name ?? "") })),
    node: (graph.node ?? []).map((node) => renamed(node, nameOf)),
  };
}

/** The names that a body and the bodies in it define. */
export function definedIn(graph: GraphMessage): readonly string[] {
  const nodes = graph.node ?? [];
  const bodies = nodes.flatMap(({ attribute }) =>
    (attribute ?? []).flatMap(({ g, graphs }) => [...(g ? [g] : []), ...(graphs ?? [])]),
  );
  return [
    ...(graph.input ?? []).map(({ name }) => name ?? ""),
    ...(graph.initializer ?? []).map(({ name }) => name ?? ""),
    ...nodes.flatMap(({ output }) => output ?? []),
    ...bodies.flatMap(definedIn),
  ].filter((name) => name !== "");
}
