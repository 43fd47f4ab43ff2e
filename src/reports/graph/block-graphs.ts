import type { DrawnEdge, DrawnGraph, DrawnNode } from "./drawn.js";

/**
 * The ops of one block as a graph of its own: what they read from other blocks comes in at the top, what others read leaves at the bottom.
 *
 * @param ops the network with its ops as nodes
 */
export function blockGraph(ops: DrawnGraph, block: string): DrawnGraph {
  const inside = ops.nodes.filter(({ group }) => group?.id === block);
  const ids = new Set(inside.map(({ id }) => id));
  const ends = new Map<string, DrawnNode>();
  const end = (kind: "input" | "output", id: string): string => {
    const name = `${kind} ${id}`;
    ends.set(name, { id: name, kind, title: kind, details: [], gates: [], hasWeights: false });
    return name;
  };
  const edges = ops.edges.flatMap(({ from, to, shape }): DrawnEdge[] => {
    if (ids.has(from) && ids.has(to)) return [{ from, to, shape }];
    if (ids.has(to)) return [{ from: end("input", from), to, shape }];
    // Readers of one result are one end.
    return ids.has(from) ? [{ from, to: end("output", from), shape }] : [];
  });
  const once = new Map(edges.map((edge) => [JSON.stringify([edge.from, edge.to, edge.shape]), edge]));
  const isInput = ({ kind }: DrawnNode): boolean => kind === "input";
  const outer = [...ends.values()];
  return {
    counts: "",
    nodes: [
      ...outer.filter(isInput),
      ...inside.map(({ group: _, ...node }) => node),
      ...outer.filter((node) => !isInput(node)),
    ],
    edges: [...once.values()],
  };
}
