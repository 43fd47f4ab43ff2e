import { type Graph, parametersOf } from "../../ir/graph.js";

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

  /** The name of a parameter that goes, for the first one that takes its place. */
  heir(name: string): string {
    if (this.#inherited.has(name)) return this.fresh(name);
    this.#inherited.add(name);
    return name;
  }
}
