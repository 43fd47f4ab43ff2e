import { type Graph, type Op, producersOf, usesOf, type Value } from "../../ir/graph.js";

/** Who makes the values of a graph. */
export interface Producers {
  /** The op that computes a value; undefined for inputs and parameters. */
  producer(value: Value): Op | undefined;
}

/** Who makes and who reads the values of a graph. */
export class Dataflow implements Producers {
  readonly #producers: ReadonlyMap<Value, Op>;
  readonly #readers: ReadonlyMap<Value, readonly Op[]>;
  readonly #outputs: ReadonlySet<Value>;

  constructor(graph: Graph) {
    this.#producers = producersOf(graph);
    this.#readers = usesOf(graph);
    this.#outputs = new Set(graph.outputs);
  }

  producer(value: Value): Op | undefined {
    return this.#producers.get(value);
  }

  /** The ops that read a value. */
  readers(value: Value): readonly Op[] {
    return this.#readers.get(value) ?? [];
  }

  isOutput(value: Value): boolean {
    return this.#outputs.has(value);
  }
}
