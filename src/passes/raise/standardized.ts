import type { Op, OpOf, Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { IDENTITY, readClamp, sameClamp } from "./clamp.js";
import type { Dataflow } from "./dataflow.js";
import type { StepReader } from "./step.js";
import { scalarOf } from "./weights.js";

/**
 *     d = y - mean of y,  d / √(mean of d² + ε)        over the channels
 *
 * A layer normalisation without its scale and shift, as exporters write it before opset 17.
 */
export const readStandardized: StepReader = (_value, op, flow) => {
  if (!isOp(op, "div")) return undefined;
  const { a: centred, b: deviation } = operandsOf(op);
  const sub = flow.producer(centred);
  if (!isOp(sub, "sub")) return undefined;
  const { a: y, b: mean } = operandsOf(sub);
  const meanOp = flow.producer(mean);
  if (!isChannelMean(meanOp, y)) return undefined;
  const variance = readVariance(deviation, centred, flow);
  if (variance === undefined) return undefined;
  return {
    step: { kind: "standardized", op, epsilon: variance.epsilon },
    from: y,
    ops: [op, sub, meanOp, ...variance.ops],
  };
};

/** √(mean of d² + ε) */
function readVariance(deviation: Value, centred: Value, flow: Dataflow) {
  const sqrt = flow.producer(deviation);
  if (!isOp(sqrt, "sqrt")) return undefined;
  const { clamp, from, ops } = readClamp(operandsOf(sqrt).x, flow);
  const epsilon = clamp.shift;
  if (!sameClamp(clamp, { ...IDENTITY, shift: epsilon }) || !(epsilon > 0)) return undefined;
  const mean = flow.producer(from);
  const [squares] = mean?.operands ?? [];
  const square = squares && flow.producer(squares);
  if (squares === undefined || square === undefined || !isChannelMean(mean, squares)) return undefined;
  return isSquareOf(square, centred) ? { epsilon, ops: [sqrt, ...ops, mean, square] } : undefined;
}

function isSquareOf(op: Op, of: Value): boolean {
  if (!isOp(op, "mul") && !isOp(op, "pow")) return false;
  const { a, b } = operandsOf(op);
  return a === of && (isOp(op, "mul") ? b === of : scalarOf(b) === 2);
}

/** Whether an op averages a row [N, C] over its channels. */
function isChannelMean(op: Op | undefined, of: Value): op is Op & OpOf<"reduce_mean"> {
  if (!isOp(op, "reduce_mean") || operandsOf(op).x !== of) return false;
  const { dims } = of.type;
  const [batch, ...others] = dims.flatMap((size, axis) => (size === 1 ? [] : [axis]));
  const reduced = op.attributes.axes.filter((axis) => dims[axis] !== 1);
  // Of one image the row has no axis but that of the channels.
  const channels = others.length === 0 ? batch : others[0];
  return others.length <= 1 && op.attributes.keepdims && reduced.length === 1 && reduced[0] === channels;
}
