import type { Graph, Op, Parameter, Value } from "../../ir/graph.js";
import { producersOf, usesOf } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";

/** The parameters that take over a factor on a gate's result, on one of its sides; or why none can. */
export type FactorPlace =
  | { readonly side: "after" | "before"; readonly parameters: readonly Parameter[] }
  | { readonly reason: string };

/** Where the factors of a graph's gates can go, so that the network computes the same. */
export class FactorPlaces {
  readonly #graph: Graph;
  readonly #uses: ReadonlyMap<Value, readonly Op[]>;
  readonly #makers: ReadonlyMap<Value, Op>;

  constructor(graph: Graph) {
    this.#graph = graph;
    this.#uses = usesOf(graph);
    this.#makers = producersOf(graph);
  }

  /**
   *     conv(c · y, W) = conv(y, W · c)                            y the gate's result: after the gate
   *     c · batch_norm(z; γ, β) = batch_norm(z; γ · c, β · c)      its operand: before the gate, which then sees c · x
   *     c · conv(z, W, b) = conv(z, W · c, b · c)
   */
  of(gate: Op): FactorPlace {
    const [x] = gate.operands;
    const [y] = gate.results;
    const readers = this.#readers(y);
    const after = readers.map((reader) =>
      isConv(reader) && reader.operands[0] === y ? reader.operands[1] : y,
    );
    if (readers.length > 0 && !this.#isOutput(y) && this.#areFree(after)) {
      return { side: "after", parameters: after };
    }
    const maker = x && this.#makers.get(x);
    const before = isOp(maker, "batch_norm")
      ? maker.operands.slice(1, 3)
      : isConv(maker)
        ? maker.operands.slice(1)
        : [];
    if (before.length > 0 && this.#readers(x).length === 1 && !this.#isOutput(x) && this.#areFree(before)) {
      return { side: "before", parameters: before };
    }
    const kinds = [...new Set(readers.map(({ kind }) => kind))];
    return {
      reason: `it stands between ${maker?.kind ?? "an input"} and ${kinds.join(", ") || "an output"}`,
    };
  }

  #readers(value: Value | undefined): readonly Op[] {
    return (value && this.#uses.get(value)) ?? [];
  }

  #isOutput(value: Value | undefined): boolean {
    return value !== undefined && this.#graph.outputs.includes(value);
  }

  #areFree(values: readonly (Value | undefined)[]): values is readonly Parameter[] {
    return values.every(
      (value) =>
        value?.kind === "parameter" && value.type.dtype === "float32" && this.#readers(value).length === 1,
    );
  }
}

function isConv(op: Op | undefined): op is Op {
  return isOp(op, "conv") || isOp(op, "conv_1d");
}
