import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { featureMap } from "../../types.js";
import { constantWeight } from "../../weight.js";
import { convolution, reshapedParameter } from "../lowering/parts.js";

/**
 *     x ┬ conv 1×1 ─ reshape [N,H·W,1] ─ softmax ┐
 *       ├ reshape [N,C,H·W] ──────────────────── matmul ─ reshape [N,C,1,1] ─ conv ─ LN ─ hidden ─ conv ─ (gate) ┐
 *       └─────────────────────────────────────────────────────────────────────────────────────────────── add or mul
 *
 * Without attention the context is global_avg_pool. The layer normalisation is said with means and products over
 * the channels: the operator for it came with opset 17.
 */
export function lowerGc(op: OpOf<"attention.gc">, context: RewriteContext): Value {
  const operands = operandsOf(op);
  const { x, reduce, reduceBias, normScale, normShift, expand, expandBias } = operands;
  const { attention, attentionBias } = operands;
  const { fusion, hidden, gate, epsilon } = op.attributes;
  const pooled =
    attention === undefined
      ? context.op("global_avg_pool", [x], {}, "pool")
      : attendedContext(context, x, attention, attentionBias);
  const reduced = convolution(context, pooled, reduce, reduceBias, "reduce");
  const normed = layerNormed(context, reduced, normScale, normShift, epsilon);
  const active = context.op(hidden, [normed], {}, "hidden");
  const delta = convolution(context, active, expand, expandBias, "expand");
  return fusion === "add"
    ? context.op("add", [x, delta], {})
    : context.op("mul", [x, context.op(gate, [delta], {}, "gate")], {});
}

/** Σₚ softmax(W·x)ₚ · xₚ as a product of matrices, [N, C, 1, 1]. */
function attendedContext(context: RewriteContext, x: Value, weight: Value, bias: Value | undefined): Value {
  const [, channels, height, width] = featureMap(x.type, "x");
  const positions = height * width;
  const scores = convolution(context, x, weight, bias, "scores");
  const column = context.op("reshape", [scores], { shape: [0, positions, 1] }, "scores_column");
  const shares = context.op("softmax", [column], { axis: 1 }, "softmax");
  const rows = context.op("reshape", [x], { shape: [0, channels, positions] }, "rows");
  const mixed = context.op("matmul", [rows, shares], {}, "context");
  return context.op("reshape", [mixed], { shape: [0, channels, 1, 1] }, "context_map");
}

/** (y - mean) / √(variance + ε) · scale + shift, over the channels. */
function layerNormed(context: RewriteContext, y: Value, scale: Value, shift: Value, epsilon: number): Value {
  const channels = Number(y.type.dims[1]);
  const perChannel = (value: Value, name: string): Value =>
    reshapedParameter(context, value, [1, channels, 1, 1], name);
  const mean = context.op("reduce_mean", [y], { axes: [1] }, "norm/mean");
  const centred = context.op("sub", [y, mean], {}, "norm/centred");
  const squares = context.op("mul", [centred, centred], {}, "norm/squares");
  const variance = context.op("reduce_mean", [squares], { axes: [1] }, "norm/variance");
  const least = context.constant("epsilon", constantWeight([], epsilon));
  const sum = context.op("add", [variance, least], {}, "norm/sum");
  const deviation = context.op("sqrt", [sum], {}, "norm/deviation");
  const standard = context.op("div", [centred, deviation], {}, "norm/standard");
  const scaled = context.op("mul", [standard, perChannel(scale, "norm/weight")], {}, "norm/scaled");
  return context.op("add", [scaled, perChannel(shift, "norm/bias")], {}, "norm");
}
