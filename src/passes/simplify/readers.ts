import { type Graph, type Op, usesOf, type Value } from "../../ir/graph.js";
import type { RewriteContext } from "../../ir/rewrite.js";

/** How many read each value of a graph that is being rewritten, outputs among them: what is done and what is still to come. */
export class Readers {
  readonly #counts = new Map<Value, number>();
  readonly #uses: ReadonlyMap<Value, readonly Op[]>;

  constructor(graph: Graph) {
    this.#uses = usesOf(graph);
    for (const { operands } of graph.ops) for (const operand of operands) this.#add(operand, 1);
    for (const output of graph.outputs) this.#add(output, 1);
  }

  isOne(value: Value): boolean {
    return this.#counts.get(value) === 1;
  }

  /** The ops of the graph before that read a value. */
  before(value: Value): readonly Op[] {
    return this.#uses.get(value) ?? [];
  }

  /** An op was made. */
  made(op: Op | undefined): void {
    for (const operand of op?.operands ?? []) this.#add(operand, 1);
  }

  /** An op reads other operands. */
  reads(op: Op, operands: readonly Value[], producer: RewriteContext["producer"]): void {
    for (const operand of operands) this.#add(operand, 1);
    for (const operand of op.operands) this.#drop(operand, producer);
  }

  /** An op is gone: who reads its result reads the replacement. Ops that are unused then are removed as well. */
  replaced(op: Op, replacement: Value, producer: RewriteContext["producer"]): void {
    for (const result of op.results) {
      this.#add(replacement, this.#counts.get(result) ?? 0);
      this.#counts.delete(result);
    }
    for (const operand of op.operands) this.#drop(operand, producer);
  }

  #add(value: Value, count: number): void {
    this.#counts.set(value, (this.#counts.get(value) ?? 0) + count);
  }

  #drop(value: Value, producer: RewriteContext["producer"]): void {
    const lost = [value];
    for (let each = lost.pop(); each !== undefined; each = lost.pop()) {
      this.#add(each, -1);
      const op = this.#counts.get(each) === 0 ? producer(each) : undefined;
      // An op of several results goes with the last of them.
      if (op?.results.every((result) => (this.#counts.get(result) ?? 0) === 0)) lost.push(...op.operands);
    }
  }
}
