import { type Graph, type Op, parametersOf, type Value } from "../../ir/graph.js";
import type { ModelSource, SourceNode } from "../decode/source.js";
import { nodeName, TensorNames, UniqueNames } from "../file/names.js";

/** The names of a rewritten model. What is in the file keeps its name; what is new gives way. */
export class RewrittenNames {
  /** For each op the node of the file that it is still. */
  readonly nodes: ReadonlyMap<Op, SourceNode>;
  /** Tensors that nodes of the file have as arguments and that no operand of an op stands for. */
  readonly arguments: ReadonlySet<string>;
  readonly #tensors = new TensorNames();
  readonly #nodes = new UniqueNames();
  /** Second names of tensors, for subgraphs. */
  readonly #aliases = new Map<string, string>();

  constructor(graph: Graph, source: ModelSource) {
    const nodes = graph.ops.map((op) => [op, source.nodeOf(op)] as const);
    this.nodes = new Map(nodes.filter((entry): entry is [Op, SourceNode] => entry[1] !== undefined));
    for (const value of [...graph.inputs, ...graph.outputs]) this.of(value);
    // Subgraphs read by name: what they read takes it before a copy in another precision, say, that has it as well.
    const captured = [...this.nodes].flatMap(([op, { slots, operands }]) =>
      op.operands.flatMap((operand, i) =>
        slots[i] === undefined ? [[operand, operands[i] ?? ""] as const] : [],
      ),
    );
    for (const [operand, name] of captured) if (operand.name === name) this.of(operand);
    for (const [operand, name] of captured) this.#tensors.give(operand, name);
    const others = new Set<string>();
    for (const [op, { node, operands }] of this.nodes) {
      for (const result of op.results) this.of(result);
      for (const operand of op.operands) if (operand.kind === "parameter") this.of(operand);
      const own = new Set(operands);
      for (const name of node.message.input ?? []) if (name !== "" && !own.has(name)) others.add(name);
    }
    this.arguments = others;
    const { document, inner } = source;
    const sparse = (document.graph.sparseInitializer ?? []).map(({ values }) => values?.name ?? "");
    for (const name of [...others, ...inner, ...sparse]) this.#tensors.reserve(name);
    for (const { message, index } of document.nodes) this.#nodes.take(message.name || `unnamed ${index}`);
    for (const parameter of parametersOf(graph)) this.of(parameter);
  }

  of(value: Value): string {
    return this.#tensors.of(value);
  }

  /** A name for a tensor that no value stands for. */
  fresh(wanted: string): string {
    return this.#tensors.fresh(wanted);
  }

  /** Gives a tensor a second name that no tensor has; false where one has it. */
  claim(tensor: string, name: string): boolean {
    if (this.#tensors.isTaken(name)) return false;
    this.#tensors.reserve(name);
    this.#aliases.set(name, tensor);
    return true;
  }

  /** Whether the tensor has that second name already. */
  isAlias(tensor: string, name: string): boolean {
    return this.#aliases.get(name) === tensor;
  }

  node(scope: string, operator: string): string {
    return this.#nodes.take(nodeName(scope, operator));
  }
}
