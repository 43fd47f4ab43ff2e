import { type Graph, type Op, parametersOf } from "../../ir/graph.js";
import type { FoundModule } from "./raised.js";

/**
 * The scope of a module: what the names of its ops have in common, or those of its parameters where nodes are only
 * numbered (`Conv_12` in old files of PyTorch, whose parameters are called `layer1.0.se.fc1.weight`), or else the name of
 * its result.
 */
export function scopeOfModule({ ops, last, module }: FoundModule): string {
  const ofOps = commonPath(ops.map(({ loc }) => loc.scope.split("/")));
  if (ofOps.length > 1) return ofOps.join("/");
  const names = module.parameters.flatMap(({ source }) =>
    source === undefined ? [] : [source.name.split(".")],
  );
  const ofParameters = names.length === 0 ? [] : commonPath(names.map((name) => name.slice(0, -1)));
  if (ofParameters.length > 1) return `/${ofParameters.join("/")}`;
  return scopeOf(last);
}

/** The scope of an op; where the file has none for it, the name of its result. */
export function scopeOf(op: Op): string {
  if (op.loc.scope.length > 1) return op.loc.scope;
  const name = op.results[0]?.name ?? op.loc.scope;
  return name.startsWith("/") ? name : `/${name}`;
}

function commonPath(paths: readonly (readonly string[])[]): readonly string[] {
  const [first = [], ...rest] = paths;
  let length = first.length;
  for (const path of rest) {
    let same = 0;
    while (same < length && path[same] === first[same]) same++;
    length = same;
  }
  return first.slice(0, length).filter((part, i) => i === 0 || part !== "");
}

/** Names for new parameters of a graph, each unlike all names that there are. */
export class NewNames {
  readonly #taken: Set<string>;
  readonly #inherited = new Set<string>();
  /** The last number that was tried for a name, so that many of one name take no time in its square. */
  readonly #next = new Map<string, number>();

  constructor(graph: Graph) {
    const results = graph.ops.flatMap((op) => op.results);
    this.#taken = new Set([...graph.inputs, ...results, ...parametersOf(graph)].map(({ name }) => name));
  }

  /** The name, or one like it that is free. */
  fresh(wanted: string): string {
    let next = this.#next.get(wanted) ?? 0;
    let free = wanted;
    while (this.#taken.has(free)) free = `${wanted}_${++next}`;
    this.#next.set(wanted, next);
    this.#taken.add(free);
    return free;
  }

  /** The name of a parameter that goes, for the first one that replaces it. */
  heir(name: string): string {
    if (this.#inherited.has(name)) return this.fresh(name);
    this.#inherited.add(name);
    return name;
  }
}
