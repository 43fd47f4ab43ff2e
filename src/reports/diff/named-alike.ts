import type { DiffedNetwork } from "../../analysis/diff/networks.js";
import { sharedNames } from "../../analysis/diff/numbering.js";
import { freezeGraph, freezeOp } from "../../ir/builder.js";
import type { Graph } from "../../ir/graph.js";
import { canonicalLayers } from "./canonical-layers.js";

/** The part of the layers with weights that must have the names of the other network's. */
const MOST = 0.5;

/**
 * A spec's network and a file's with the blocks of the spec's, where most layers have the same names: those of the file that it was compiled
 * to. The blocks of a file are otherwise those that its structure shows, which may be none of the spec's. Nothing for networks of other names.
 */
export function namedAlike(a: NamedNetwork, b: NamedNetwork): Pair | readonly [] {
  if ((a.named === undefined) === (b.named === undefined)) return [];
  return withBlocksOf(a, b.named) ?? swapped(withBlocksOf(b, a.named)) ?? [];
}

/** A network, and of a file its graph with the names that ops have there. */
export interface NamedNetwork extends DiffedNetwork {
  readonly named?: Graph | undefined;
}

type Pair = readonly [DiffedNetwork, DiffedNetwork];

/** A network and another with its blocks; undefined where few layers have names of it. */
function withBlocksOf(one: DiffedNetwork, other: Graph | undefined): Pair | undefined {
  if (other === undefined) return undefined;
  const graph = freezeGraph({ ...other, blocks: one.graph.blocks });
  const named: DiffedNetwork = { graph, layers: canonicalLayers(graph) };
  const shared = sharedNames(one.layers, named.layers).size;
  const all = sharedNames(one.layers, one.layers).size;
  return shared > 0 && shared >= MOST * all ? [one, named] : undefined;
}

function swapped(pair: Pair | undefined): Pair | undefined {
  return pair && [pair[1], pair[0]];
}

/** A graph with the names that its file has for its ops, which in blocks have those of the blocks before them. */
export function withNamesOf(original: Graph, graph: Graph): Graph {
  const scopes = new Map(
    original.ops.flatMap(({ results, loc }) => results.map(({ name }) => [name, loc.scope])),
  );
  const ops = graph.ops.map((op) => {
    const scope = scopes.get(op.results[0]?.name ?? "");
    return scope === undefined ? op : freezeOp({ ...op, loc: { ...op.loc, scope } });
  });
  return freezeGraph({ ...graph, blocks: [], ops });
}
