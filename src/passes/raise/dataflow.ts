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
  readonly #order: ReadonlyMap<Op, number>;

  constructor(graph: Graph) {
    this.#producers = producersOf(graph);
    this.#readers = usesOf(graph);
    this.#outputs = new Set(graph.outputs);
    this.#order = new Map(graph.ops.map((op, i) => [op, i]));
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

  /** Where an op stands in the graph's order, from 0. */
  indexOf(op: Op): number {
    return this.#order.get(op) ?? 0;
  }

  /** Whether an op may read a value: one that is made before it. */
  isBefore(value: Value, op: Op): boolean {
    const maker = this.producer(value);
    return maker === undefined || this.indexOf(maker) < this.indexOf(op);
  }
}
