import { type Graph, innermostScope, type Result, usesOf } from "../ir/graph.js";
import { namedPaths } from "./structure/recover.js";

/**
 * The scopes of a graph's blocks: those that it knows, or, in a graph that was read from a file, those of the blocks that are
 * found in it and that the names of its ops show. What is in none of these is in the first part of its name.
 */
export function blockScopes(graph: Graph): readonly string[] {
  const { blocks, ops } = graph;
  if (blocks.length > 0) return blocks.map(({ scope }) => scope);
  const named = namedPaths(graph);
  const scopes = new Set(ops.map(({ loc }) => innermostScope(loc.scope, named) ?? blockIn(loc.scope)));
  // What stands at the top is in no part, where there are parts.
  if (scopes.size > 1) scopes.delete("/");
  return [...scopes];
}

/** The block that a path shows: everything up to `blocks/N`, else the first part. */
export function blockIn(path: string): string {
  return /^.*\/blocks\/\d+/.exec(path)?.[0] ?? /^\/[^/]+/.exec(path)?.[0] ?? "/";
}

/** The value that leaves each block: the last of its results that something outside of it reads. In the order of the graph. */
export function blockOutputs(graph: Graph, scopes: readonly string[]): ReadonlyMap<string, Result> {
  const uses = usesOf(graph);
  const blockOf = (scope: string): string | undefined => innermostScope(scope, scopes);
  const leaving = new Map<string, Result>();
  for (const op of graph.ops) {
    const block = blockOf(op.loc.scope);
    if (block === undefined) continue;
    for (const result of op.results) {
      const isRead = (uses.get(result) ?? []).some((user) => blockOf(user.loc.scope) !== block);
      if (isRead || graph.outputs.includes(result)) leaving.set(block, result);
    }
  }
  return leaving;
}
