import { freezeGraph, freezeOp } from "../../ir/builder.js";
import { type Block, blockAt, type Graph, type Op } from "../../ir/graph.js";
import { type RecoveredBlock, recoverBlocks } from "./recover.js";

/**
 * The graph with the recovered blocks as its own. A block of a stage keeps the path that its nodes' names share, where
 * all have one each (`/layer1/layer1.0`); else blocks are named as ecagen names its own. Ops whose names lie elsewhere
 * get the block's scope before theirs; all others stay the same objects.
 */
export function withBlocks(graph: Graph, recovered: readonly RecoveredBlock[]): Graph {
  const own = ownPaths(recovered);
  const blocks = recovered.map(({ block }, i): Block => ({ ...block, scope: own?.[i] ?? block.scope }));
  const blockOf = new Map<Op, Block>();
  recovered.forEach(({ ops }, i) => {
    for (const op of ops) blockOf.set(op, blocks[i] as Block);
  });
  const named = { ...graph, blocks };
  const ops = graph.ops.map((op) => {
    const block = blockOf.get(op);
    const { scope } = op.loc;
    if (block === undefined || blockAt(named, scope) === block) return op;
    const inside = scope === "/" ? block.scope : `${block.scope}${scope}`;
    return freezeOp({ ...op, loc: { ...op.loc, scope: inside } } as Op);
  });
  return freezeGraph({ ...named, ops });
}

/** The paths of the blocks in stages, where the names of a graph's ops show one for each; else none. */
export function namedPaths(graph: Graph): readonly string[] {
  return (ownPaths(recoverBlocks(graph)) ?? []).filter((path) => path !== undefined);
}

/** The paths of names that can be the blocks' scopes; undefined unless every block of a stage has one of its own. */
function ownPaths(recovered: readonly RecoveredBlock[]): readonly (string | undefined)[] | undefined {
  const paths = recovered.map(({ block, modules }) =>
    block.stage === undefined ? undefined : modules.at(-1),
  );
  const given = paths.filter((path) => path !== undefined);
  const usable =
    given.length === recovered.filter(({ block }) => block.stage !== undefined).length &&
    new Set(given).size === given.length &&
    given.every((path) => path.startsWith("/"));
  return usable ? paths : undefined;
}
