import type { ActivationName } from "../../ir/activations.js";
import type { Op, OpOf, Value } from "../../ir/graph.js";
import { windowAlong } from "../../ir/ops/convolutions.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { readActivation } from "./activation.js";
import { isScale, readClamp } from "./clamp.js";
import type { Dataflow } from "./dataflow.js";
import { behindLayout } from "./layout.js";
import { mismatch } from "./mismatch.js";
import { readNorm } from "./per-channel.js";
import { sidesOf } from "./product-sides.js";
import type { NormStep } from "./step.js";
import { type RaisedParameter, readWeight, swappedInputs } from "./weights.js";

/** A gate with one number for each position, of mean and maximum over the channels: CBAM's second one. */
export interface ReadSpatialGate {
  /** The map that it gates. */
  readonly x: Value;
  readonly gate: ActivationName;
  readonly pooling: "separate" | "averaged";
  /** Of the mean, then of the maximum; of their average [1, 1, k, k]. */
  readonly weight: RaisedParameter;
  readonly kernel: number;
  readonly bias: RaisedParameter | undefined;
  readonly norm: NormStep | undefined;
  readonly ops: readonly Op[];
}

/**
 *     x ┬ mean over C ┬ concat ─ conv k×k ─ (batch_norm) ─ gate ┐
 *       ├ max over C ─┘                                          │
 *       └─────────────────────────────────────────────────────── mul
 *
 * Undefined where the op is no product of a map and a gate of its positions.
 */
export function readSpatialGate(op: Op, flow: Dataflow): ReadSpatialGate | undefined {
  const sides = sidesOf(op, "positions", flow);
  if (sides === undefined) return undefined;
  const { x } = sides;
  const ops: Op[] = [op, ...sides.ops];
  const behind = (value: Value): Value => {
    const read = behindLayout(value, flow);
    ops.push(...read.ops);
    return read.value;
  };
  const activation = readActivation(behind(sides.gate), flow);
  if (activation === undefined) return mismatch(op, "its gate of the places is made by no known activation");
  ops.push(...activation.ops);
  let scores = behind(activation.from);
  const maker = flow.producer(scores);
  const norm = maker && readNorm(scores, maker, flow);
  if (norm !== undefined) {
    ops.push(...norm.ops);
    scores = behind(norm.from);
  }
  const conv = flow.producer(scores);
  if (!isOp(conv, "conv")) return mismatch(conv ?? op, "its gate of the places is made by no convolution");
  const kernel = kernelOf(conv);
  const { x: input, weight: weightValue, bias: biasValue } = operandsOf(conv);
  const [weight, bias] = [
    readWeight(conv, weightValue, flow),
    biasValue && readWeight(conv, biasValue, flow),
  ];
  if (norm !== undefined && bias !== undefined) mismatch(conv, "it has a bias before its normalisation");
  const maps = readMaps(conv, behind(input), x, flow);
  ops.push(conv, ...weight.ops, ...(bias?.ops ?? []), ...maps.ops);
  return {
    x,
    gate: activation.name,
    pooling: maps.pooling,
    weight: maps.maximumFirst ? swappedInputs(conv, weight.weight) : weight.weight,
    kernel,
    bias: bias?.weight,
    norm: norm?.step.kind === "norm" ? norm.step : undefined,
    ops,
  };
}

/** k of a convolution k×k that keeps the map's size. */
function kernelOf(conv: Op & OpOf<"conv">): number {
  const [outputs, , height, width] = operandsOf(conv).weight.type.dims;
  const keeps = [0, 1].every((axis) => {
    const { stride, dilation, before, after } = windowAlong(conv, axis);
    return stride === 1 && dilation === 1 && 2 * before + 1 === height && after === before;
  });
  if (outputs !== 1 || height !== width || !keeps || conv.attributes.group !== 1) {
    mismatch(
      conv,
      "its convolution makes more than one map, or one of another size, or its kernel is not square and odd",
    );
  }
  return Number(height);
}

interface PooledMaps {
  readonly pooling: "separate" | "averaged";
  readonly maximumFirst: boolean;
  readonly ops: readonly Op[];
}

/** Mean and maximum of x over the channels: one after the other, or half their sum. */
function readMaps(reader: Op, value: Value, x: Value, flow: Dataflow): PooledMaps {
  const { clamp, from, ops } = readClamp(value, flow);
  const op = flow.producer(from);
  const averaged = isOp(op, "add") && isScale(clamp);
  const [a, b, ...more] = op?.operands ?? [];
  const joined = isOp(op, "concat") && op.attributes.axis === 1 && ops.length === 0;
  if (op === undefined || a === undefined || b === undefined || more.length > 0 || !(averaged || joined)) {
    return mismatch(op ?? reader, "its gate of the places is not made of mean and maximum over the channels");
  }
  const [first, second] = [a, b].map((each) => readPooledChannels(op, each, x, flow));
  if (first === undefined || second === undefined || first.of === second.of) {
    return mismatch(op, "its gate of the places is not made of a mean and a maximum over the channels");
  }
  const isHalf = [first, second].every(({ factor }) => Math.abs(factor * clamp.slope - 0.5) < 1e-6);
  const isWhole = first.factor === 1 && second.factor === 1;
  if (averaged ? !isHalf : !isWhole) mismatch(op, "mean and maximum over the channels have other factors");
  return {
    pooling: averaged ? "averaged" : "separate",
    maximumFirst: joined && first.of === "max",
    ops: [...ops, op, ...first.ops, ...second.ops],
  };
}

/** The mean or maximum of x over its channels, times a number. */
function readPooledChannels(reader: Op, value: Value, x: Value, flow: Dataflow) {
  const { clamp, from, ops } = readClamp(value, flow);
  const op = flow.producer(from);
  const isPool = isOp(op, "reduce_mean") || isOp(op, "reduce_max");
  if (!isPool || !isScale(clamp) || op.attributes.axes.join() !== "1") {
    return mismatch(op ?? reader, "it is no mean or maximum over the channels");
  }
  const pooled = operandsOf(op).x;
  if (pooled !== x) mismatch(op, `it pools ${pooled.name}, and what is gated is ${x.name}`);
  return { of: isOp(op, "reduce_mean") ? "mean" : "max", factor: clamp.slope, ops: [...ops, op] };
}
