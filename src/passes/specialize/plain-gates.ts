import { reshapedParameter } from "../../ir/attention/lowering/parts.js";
import type { Graph, Op, OpOf, Result, Value } from "../../ir/graph.js";
import { elementsOf } from "../../ir/known-elements.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp, type RewriteContext, rewriteGraph } from "../../ir/rewrite.js";
import { sameDims } from "../../ir/types.js";
import { eliminateDeadCode } from "../simplify/eliminate.js";
import { bandTaps } from "./band-taps.js";

/**
 * The network with the gates of `specialize-gates`, and those with a banded matrix, in their plain form again, so that they are found:
 *
 *     x ⊙ E(g)                     →  x ⊙ g               same-shape.ts
 *     conv(x, W ⊙ gᵀ, b)           →  conv(x ⊙ g, W, b)   folded.ts
 *     conv(y, W ⊙ g, b ⊙ g)        →  conv(y, W, b) ⊙ g   folded.ts
 *     conv(mean(y), W, b)          →  mean(conv(y, W, b)) squeeze-first.ts, where W is also applied to y
 *     conv(m, B)                   →  a convolution along the channels with the taps of B, for a map m of 1×1
 *
 * The graph itself where there is none of them.
 */
export function plainGates(graph: Graph): Graph {
  const forms = new PlainForms(graph);
  if (!graph.ops.some((op) => forms.mayChange(op))) return graph;
  let changed = false;
  const rewritten = rewriteGraph(graph, "raise-attention", (op, context) => {
    const value = forms.plain(op, context);
    changed ||= value !== undefined;
    return value;
  });
  return changed ? eliminateDeadCode.run(rewritten, {}) : graph;
}

type Convolution = Op & OpOf<"conv">;

class PlainForms {
  /** Weights that are applied to a map, as they are or times a gate. */
  readonly #applied = new Set<Value>();
  /** The layers that were made over each map of the new graph. */
  readonly #layers = new Map<Value, { readonly operands: readonly Value[]; readonly value: Value }[]>();

  constructor(graph: Graph) {
    for (const op of graph.ops) {
      const [x, weight] = op.operands;
      if (isOp(op, "mul")) for (const operand of op.operands) this.#applied.add(operand);
      if (isOp(op, "conv") && weight !== undefined && !isRow(x)) this.#applied.add(weight);
    }
  }

  /** Whether an op of the graph before looks like a part of one of the forms. */
  mayChange(op: Op): boolean {
    if (isOp(op, "resize")) return isRow(op.operands[0]);
    if (!isOp(op, "conv")) return false;
    const { x, weight } = operandsOf<"conv", Value>(op);
    return weight.kind === "result" || (isRow(x) && (this.#applied.has(weight) || isSquare(weight)));
  }

  plain(op: Op, context: RewriteContext): Value | undefined {
    if (isOp(op, "mul")) return timesRow(op, context);
    if (!isOp(op, "conv")) return undefined;
    if (!movesNothing(op)) return undefined;
    if (isOnes(op)) return op.operands[0];
    return this.#unfolded(op, context) ?? this.#pooledLast(op, context) ?? alongChannels(op, context);
  }

  /** The layer over a map, once for each: what is made of it is one value. */
  #layer(
    y: Value,
    op: Convolution,
    [weight, bias]: readonly (Value | undefined)[],
    context: RewriteContext,
  ): Value {
    const operands = [y, weight, bias].filter((each) => each !== undefined);
    const made = this.#layers.get(y) ?? [];
    const known = made.find((layer) => sameValues(layer.operands, operands));
    if (known !== undefined) return known.value;
    const value = context.op("conv", operands, op.attributes, "plain");
    this.#layers.set(y, [...made, { operands, value }]);
    return value;
  }

  #unfolded(op: Convolution, context: RewriteContext): Value | undefined {
    const { x, weight, bias } = operandsOf<"conv", Value>(op);
    const product = context.producer(weight);
    const [matrix, factor] = isOp(product, "mul") ? product.operands : [];
    if (matrix?.kind !== "parameter" || factor?.kind !== "result") return undefined;
    const [outputs, inputs] = matrix.type.dims;
    if (op.attributes.group === 1 && sameDims(factor.type.dims, [1, Number(inputs), 1, 1])) {
      const gated = context.op("mul", [x, factor], {}, "gated");
      const operands = [gated, matrix, ...(bias === undefined ? [] : [bias])];
      return context.op("conv", operands, op.attributes);
    }
    const gate = reshapedFrom(factor, [Number(outputs), 1, 1, 1], context);
    if (gate === undefined || !sameDims(gate.type.dims, [1, Number(outputs), 1, 1])) return undefined;
    const scaled = bias && context.producer(bias);
    const [offset, row] = isOp(scaled, "mul") ? scaled.operands : [];
    const isScaled = offset?.kind === "parameter" && reshapedFrom(row, [Number(outputs)], context) === gate;
    if (bias !== undefined && !isScaled) return undefined;
    const layer = this.#layer(x, op, [matrix, offset], context);
    return context.op("mul", [layer, gate], {});
  }

  #pooledLast(op: Convolution, context: RewriteContext): Value | undefined {
    const { x, weight, bias } = operandsOf<"conv", Value>(op);
    const pool = context.producer(x);
    const [y] = isOp(pool, "global_avg_pool") ? pool.operands : [];
    if (y === undefined || !this.#applied.has(weight)) return undefined;
    const layer = this.#layer(y, op, [weight, bias], context);
    return context.op("global_avg_pool", [layer], {});
  }
}

/** x ⊙ E(g)  →  x ⊙ g */
function timesRow(op: Op, context: RewriteContext): Value | undefined {
  const at = op.operands.findIndex((operand) => {
    const resize = context.producer(operand);
    return isOp(resize, "resize") && resize.attributes.mode === "nearest" && isRow(resize.operands[0]);
  });
  const [row] = (at >= 0 && context.producer(op.operands[at] as Value)?.operands) || [];
  const x = op.operands[1 - at];
  if (row === undefined || x === undefined || !sameDims(x.type.dims, op.results[0]?.type.dims ?? []))
    return undefined;
  const inner = context.producer(row);
  const [pooled] = isOp(inner, "max_pool") ? inner.operands : [];
  // Of one number the maximum is that number; a pool of a map is the gate's own.
  const gate = isRow(pooled) ? pooled : row;
  const operands = at === 0 ? [gate, x] : [x, gate];
  return context.op("mul", operands, {});
}

/** conv(m, B)  →  the convolution along the channels that it is. */
function alongChannels(op: Convolution, context: RewriteContext): Value | undefined {
  const { x, weight, bias } = operandsOf<"conv", Value>(op);
  const isDense = isSquare(weight) && op.attributes.group === 1;
  if (!isRow(x) || bias !== undefined || weight.kind !== "parameter" || !isDense) return undefined;
  const taps = bandTaps(weight);
  if (taps === undefined) return undefined;
  const kernel = taps.dims.reduce((product, size) => product * size, 1);
  const each = (kernel - 1) / 2;
  const row = context.op("reshape", [x], { shape: [0, 1, 1, -1] }, "enter");
  const parameter = reshapedParameter(context, { ...weight, data: taps }, [1, 1, 1, kernel]);
  const mixed = context.op("conv", [row, parameter], { pads: [0, each, 0, each] }, "row");
  return context.op("reshape", [mixed], { shape: [0, -1, 1, 1] });
}

/** Whether a convolution of 1×1 leaves each position where it is. */
function movesNothing({ operands: [, weight], attributes }: Convolution): boolean {
  const { strides, pads } = attributes;
  const kernel = weight?.type.dims.slice(2) ?? [];
  return [...kernel, ...strides].every((size) => size === 1) && pads.every((pad) => pad === 0);
}

/** What a value of some sizes is reshaped from. */
function reshapedFrom(
  value: Value | undefined,
  dims: readonly number[],
  context: RewriteContext,
): Value | undefined {
  const op = value && context.producer(value);
  return isOp(op, "reshape") && value !== undefined && sameDims(value.type.dims, dims)
    ? op.operands[0]
    : undefined;
}

function sameValues(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/** A convolution of each channel by 1. */
function isOnes(op: Convolution): boolean {
  const { x, weight, bias } = operandsOf<"conv", Value>(op);
  if (weight.kind !== "parameter" || bias !== undefined) return false;
  const [, channels] = x.type.dims;
  return (
    sameDims(weight.type.dims, [Number(channels), 1, 1, 1]) &&
    elementsOf(weight.data)?.every((value) => value === 1) === true
  );
}

/** Whether a value is one number for each channel: a map of 1×1. */
function isRow(value: Value | undefined): value is Value & Result {
  const dims = value?.type.dims;
  return value?.kind === "result" && dims?.length === 4 && dims[2] === 1 && dims[3] === 1;
}

function isSquare({ type: { dims } }: Value): boolean {
  return dims.length === 4 && dims[0] === dims[1] && dims[2] === 1 && dims[3] === 1 && dims[0] !== 1;
}
