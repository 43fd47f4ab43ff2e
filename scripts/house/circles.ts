import type { Source } from "./source-tree.js";

/**
 * The circles of imports: the largest sets of files in which each reaches each other (the strongly connected components
 * of more than one file, and files that import themselves), by Tarjan (Depth-first search and linear graph algorithms,
 * SIAM J. Comput. 1972). Each is given as one shortest way from its first file back to it.
 */
export function circlesOf(sources: readonly Source[]): readonly (readonly string[])[] {
  const files = new Map(sources.map((each) => [each.path, each.imports]));
  const importsOf = (path: string): readonly string[] =>
    (files.get(path) ?? []).filter((each) => files.has(each));
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const components: string[][] = [];
  function visit(path: string): number {
    const mine = index.size;
    let least = mine;
    index.set(path, mine);
    stack.push(path);
    onStack.add(path);
    for (const next of importsOf(path)) {
      if (!index.has(next)) least = Math.min(least, visit(next));
      else if (onStack.has(next)) least = Math.min(least, index.get(next) ?? mine);
    }
    low.set(path, least);
    if (least === mine) {
      const component = stack.splice(stack.indexOf(path));
      for (const each of component) onStack.delete(each);
      components.push(component);
    }
    return least;
  }
  for (const { path } of sources) if (!index.has(path)) visit(path);
  return components
    .filter(
      ([first, ...others]) => others.length > 0 || (first !== undefined && importsOf(first).includes(first)),
    )
    .map((component) => shortestWayBack(component.sort(), importsOf));
}

function shortestWayBack(
  component: readonly string[],
  importsOf: (path: string) => readonly string[],
): readonly string[] {
  const start = component[0] ?? "";
  let ways = [[start]];
  const seen = new Set<string>();
  while (ways.length > 0) {
    const longer: string[][] = [];
    for (const way of ways) {
      for (const next of importsOf(way.at(-1) ?? start)) {
        if (next === start) return [...way, start];
        if (!component.includes(next) || seen.has(next)) continue;
        seen.add(next);
        longer.push([...way, next]);
      }
    }
    ways = longer;
  }
  return component;
}
