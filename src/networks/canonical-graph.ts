import { operatorOf } from "../analysis/foreign-costs.js";
import { withoutKernelRule } from "../ir/attention/eca-kernel.js";
import { attentionKindOf } from "../ir/attention/modules.js";
import type { Graph, Op, OpOf, Parameter, Result, Value } from "../ir/graph.js";
import { operandsOf } from "../ir/ops/registry.js";
import { isOp } from "../ir/rewrite.js";
import { isIntegerType } from "../ir/types.js";
import { reshapeWeight, transposeWeight, type WeightExpr } from "../ir/weight.js";
import { readActivation } from "../passes/raise/activation.js";
import { Dataflow } from "../passes/raise/dataflow.js";
import { Mismatch } from "../passes/raise/mismatch.js";
import { changesPrecision } from "../passes/simplify/identities.js";

/** A parameter as an operand: its name where it has one, its numbers, their sizes. */
export interface Weight {
  readonly name: string | undefined;
  readonly data: WeightExpr;
  /** Whether it is a constant, which no training changes. */
  readonly fixed?: true;
  /** Whether it is written nowhere: the zeros of a bias that a layer doesn't have. */
  readonly implied?: true;
}

/** What a value is computed by, in the form that all ways to write it share. */
export interface Computation {
  /** What is done: an op's kind, or one word for several ways to write it. */
  readonly kind: string;
  /** Everything that is not an operand. */
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly operands: readonly Value[];
  readonly weights: readonly Weight[];
}

/** Ops that hand on a row of numbers, one for each channel, in another shape. */
const SHAPES: ReadonlySet<string> = new Set([
  ...["flatten", "reshape", "reshape_to", "squeeze", "unsqueeze", "identity", "dropout", "drop_path"],
]);
const COMMUTATIVE: ReadonlySet<string> = new Set(["add", "mul"]);

/**
 * A graph with one way to say each computation: activations by their name, means over the map, linear layers, rows of
 * numbers without their shapes. Equal computations of equal operands have equal numbers, in all graphs of one `ValueNumbering`.
 */
export class CanonicalGraph {
  readonly graph: Graph;
  readonly #flow: Dataflow;
  readonly #numbers = new Map<Value, number>();
  readonly #ofAnyPrecision: boolean;

  /** @param ofAnyPrecision whether casts between float32 and float16 make no difference */
  constructor(graph: Graph, numbering: ValueNumbering, ofAnyPrecision = false) {
    this.graph = graph;
    this.#ofAnyPrecision = ofAnyPrecision;
    this.#flow = new Dataflow(graph);
    graph.inputs.forEach((input, i) => {
      this.#numbers.set(
        input, // The batch is as the file pleases.
        numbering.of(`input ${i} ${input.type.dims.slice(1).join()}`),
      );
    });
    for (const op of graph.ops) {
      for (const result of op.results) this.#numbers.set(result, this.#numberOf(result, numbering));
    }
  }

  /** The number of a value; undefined for parameters. */
  number(value: Value): number | undefined {
    return this.#numbers.get(this.source(value));
  }

  /** What computes a value; undefined for inputs and parameters. */
  computation(value: Value): Computation | undefined {
    const source = this.source(value);
    const op = this.#flow.producer(source);
    if (op === undefined) return undefined;
    const activation = this.#activation(source);
    if (activation !== undefined) return activation;
    if (isOp(op, "global_avg_pool") || (isOp(op, "reduce_mean") && isOverPositions(op))) {
      return { kind: "mean over the map", attributes: {}, operands: [operandsOf(op).x], weights: [] };
    }
    return (
      linearLayer(op, this.#flow) ?? pixelwise(op) ?? computationOf(op, op.results.indexOf(source as Result))
    );
  }

  #numberOf(value: Value, numbering: ValueNumbering): number {
    const seen = this.computation(value);
    if (seen === undefined) return this.number(value) ?? numbering.of("nothing");
    const { kind, attributes, weights } = seen;
    const operands = this.inOrder(seen).map((operand) => this.number(operand) ?? -1);
    return numbering.of(
      JSON.stringify([kind, sorted(attributes), operands, weights.map(({ data }) => data.dims)]),
    );
  }

  /** The operands of a computation, those of sums and products by their numbers. */
  inOrder({ kind, operands }: Computation): readonly Value[] {
    const numberOf = (value: Value): number => this.number(value) ?? -1;
    return COMMUTATIVE.has(kind) ? [...operands].sort((a, b) => numberOf(a) - numberOf(b)) : operands;
  }

  /** The value that a row of numbers was before it got other shapes, and any value before it got another precision. */
  source(value: Value): Value {
    let source = value;
    for (;;) {
      const op = this.#flow.producer(source);
      const [x] = op?.operands ?? [];
      if (op === undefined || x === undefined) return source;
      const isShaped = SHAPES.has(op.kind) && isRow(x) && isRow(source);
      if (!isShaped && !(this.#ofAnyPrecision && changesPrecision(op))) return source;
      source = x;
    }
  }

  #activation(value: Value): Computation | undefined {
    try {
      const read = readActivation(value, this.#flow);
      return read && { kind: read.name, attributes: {}, operands: [read.from], weights: [] };
    } catch (error) {
      if (error instanceof Mismatch) return undefined;
      throw error;
    }
  }
}

/** Whether a mean is over all axes but those of the batch and the channels. */
function isOverPositions({ operands: [x], attributes: { axes } }: OpOf<"reduce_mean">): boolean {
  return axes.join() === (x?.type.dims.length === 3 ? "2" : "2,3");
}

/** Numbers for texts: equal ones have the same. */
export class ValueNumbering {
  readonly #numbers = new Map<string, number>();

  of(text: string): number {
    const known = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, known);
    return known;
  }
}

/** `result`: which of the op's results it is. */
function computationOf(op: Op, result: number): Computation {
  const weights = op.operands.flatMap((operand) => (operand.kind === "parameter" ? [weightOf(operand)] : []));
  const order = op.operands.map(({ kind }) => (kind === "parameter" ? "w" : "x")).join("");
  return {
    kind: isOp(op, "opaque") ? operatorOf(op) : op.kind,
    attributes: {
      ...computedAttributes(op),
      ...(result === 0 ? {} : { result }),
      // c - x is another thing than x - c; a convolution may lack its bias, and an activation of one operand may be a word for several ops.
      ...(op.kind === "conv" || COMMUTATIVE.has(op.kind) || order.length === 1 ? {} : { operands: order }),
    },
    operands: op.operands.filter(({ kind }) => kind !== "parameter"),
    weights: op.kind === "conv" ? withBias(weights) : weights,
  };
}

/** The attributes that decide what an op computes. */
function computedAttributes(op: Op): Readonly<Record<string, unknown>> {
  // Where its node stands, and what is declared of its results, is as the file pleases.
  if (isOp(op, "opaque")) return Object.fromEntries(op.attributes.written);
  // Momentum is about training, and files may have any.
  if (isOp(op, "batch_norm")) return { epsilon: op.attributes.epsilon };
  if (isOp(op, "avg_pool") && op.attributes.pads.every((pad) => pad === 0)) {
    return { ...op.attributes, countPadding: false };
  }
  return attentionKindOf(op.kind) === undefined
    ? { ...op.attributes }
    : { ...withoutKernelRule(op.attributes) };
}

/** A convolution without a bias is one whose bias is zero. */
function withBias([weight, bias]: readonly Weight[]): readonly Weight[] {
  if (weight === undefined) return [];
  const dims = weight.data.dims.slice(0, 1);
  return [weight, bias ?? { name: undefined, data: { kind: "constant", dims, value: 0 }, implied: true }];
}

/** weight · x + bias of a row x, however the weight lies; undefined for other ops. */
function linearLayer(op: Op, flow: Dataflow): Computation | undefined {
  const [x, weight, bias] = op.operands;
  if (isOp(op, "gemm") && weight?.kind === "parameter") {
    return linear(x, weightOf(weight), bias?.kind === "parameter" ? weightOf(bias) : undefined);
  }
  const [product, summand] = isOp(op, "add") ? [x, weight].sort(parametersLast) : [op.results[0], undefined];
  const matmul = product && flow.producer(product);
  const [row, matrix] = matmul?.operands ?? [];
  if (!isOp(matmul, "matmul") || matrix?.kind !== "parameter" || matrix.data.dims.length !== 2)
    return undefined;
  if (isOp(op, "add") && summand?.kind !== "parameter") return undefined;
  const shift = summand?.kind === "parameter" ? weightOf(summand) : undefined;
  return linear(row, { name: undefined, data: transposeWeight(matrix.data) }, shift);
}

/** A convolution of one pixel is a linear layer. */
function pixelwise(op: Op): Computation | undefined {
  const [x, weight, bias] = op.operands;
  if (!isOp(op, "conv") || x === undefined || !isRow(x) || weight?.kind !== "parameter") return undefined;
  const { data, name } = weight;
  const isOnePixel = data.dims.slice(2).every((size) => size === 1);
  if (op.attributes.group !== 1 || !isOnePixel) return undefined;
  const matrix = reshapeWeight(data, data.dims.slice(0, 2));
  if (matrix === undefined) return undefined;
  return linear(x, { name, data: matrix }, bias?.kind === "parameter" ? weightOf(bias) : undefined);
}

function linear(x: Value | undefined, weight: Weight, bias: Weight | undefined): Computation | undefined {
  if (x === undefined) return undefined;
  const outputs = weight.data.dims.slice(0, 1);
  const shift = bias && reshapeWeight(bias.data, outputs);
  const added: Weight =
    shift === undefined
      ? { name: undefined, data: { kind: "constant", dims: outputs, value: 0 }, implied: true }
      : { name: bias?.name, data: shift };
  return { kind: "linear", attributes: {}, operands: [x], weights: [weight, added] };
}

function parametersLast(a: Value | undefined, b: Value | undefined): number {
  return Number(a?.kind === "parameter") - Number(b?.kind === "parameter");
}

function weightOf({ name, data, role }: Parameter): Weight {
  return role === "fixed" ? { name, data, fixed: true } : { name, data };
}

/** One number for each channel of each image: [N, C], [N, C, 1, 1]. */
function isRow({ type: { dims, dtype } }: Value): boolean {
  return !isIntegerType(dtype) && dims.length >= 2 && dims.slice(2).every((size) => size === 1);
}

function sorted(attributes: object): object {
  return Object.fromEntries(Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}
