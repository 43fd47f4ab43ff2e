import { type Graph, parametersOf } from "../../ir/graph.js";

/** Names for new parameters of a graph, each unlike all names that there are. */
export class NewNames {
  readonly #taken: Set<string>;
  readonly #inherited = new Set<string>();

  constructor(graph: Graph) {
    const results = graph.ops.flatMap((op) => op.results);
    this.#taken = new Set([...graph.inputs, ...results, ...parametersOf(graph)].map(({ name }) => name));
  }

  /** The name, or one like it that is free. */
  fresh(wanted: string): string {
    let free = wanted;
    for (let i = 1; this.#taken.has(free); i++) free = `${wanted}_${i}`;
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
