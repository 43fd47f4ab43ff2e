import type { Op, OpOf, Value } from "../../ir/graph.js";
import { windowAlong } from "../../ir/ops/convolutions.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import type { Dataflow } from "./dataflow.js";
import { extent } from "./layout.js";
import { mismatch } from "./mismatch.js";
import type { StepReader } from "./step.js";
import { readWeight, withDims } from "./weights.js";

export type Convolution = Op & (OpOf<"conv"> | OpOf<"conv_1d">);

/**
 * A convolution along the channels: over [N, 1, C], or over [N, 1, C, 1] and [N, 1, 1, C] with a kernel of k×1 or 1×k,
 * from one map or several to one or several.
 */
export const readChannelKernel: StepReader = (_value, op, flow) => {
  if (!isOp(op, "conv") && !isOp(op, "conv_1d")) return undefined;
  const { x, weight, bias } = operandsOf(op);
  const line = lineOf(op);
  if (line === undefined) return undefined;
  const { stride, dilation, before, after } = windowAlong(op, line);
  if (op.attributes.group !== 1 || stride !== 1 || dilation !== 1) {
    mismatch(op, "its convolution along the channels has groups, strides or dilations");
  }
  const [outputs = 0, inputs = 0, ...kernel] = weight.type.dims as readonly number[];
  if (kernel.some((size, axis) => axis !== line && size !== 1)) {
    mismatch(op, `its kernel of ${kernel.join("×")} is not along the channels alone`);
  }
  const size = kernel[line] ?? 0;
  const each = (size - 1) / 2;
  const ring = before === 0 && after === 0 && each > 0 ? readRing(x, line + 2, each, flow) : undefined;
  if (ring === undefined && (before !== each || after !== each)) {
    mismatch(
      op,
      `its kernel of ${size} channels is not in the middle: it is padded by ${before} and ${after}`,
    );
  }
  const read = readWeight(op, weight, flow);
  const offset = bias && readWeight(op, bias, flow);
  return {
    step: {
      kind: "kernel",
      op,
      weight: withDims(op, read.weight, [outputs, inputs, size]),
      kernel: size,
      padding: ring === undefined ? "zeros" : "circular",
      bias: offset?.weight,
    },
    from: ring?.row ?? x,
    ops: [op, ...read.ops, ...(offset?.ops ?? []), ...(ring?.ops ?? [])],
  };
};

/** The spatial axis of a convolution that the channels lie along; undefined where there is none. */
function lineOf(op: Convolution): number | undefined {
  const { x, weight } = operandsOf(op);
  const spatial = x.type.dims.slice(2);
  const kernel = weight.type.dims.slice(2);
  const line = spatial.findIndex((size) => size !== 1);
  if (line === -1 || extent(spatial).length !== 1) return undefined;
  return kernel.some((size) => size !== 1) || x.type.dims[1] === 1 ? line : undefined;
}

/** The row whose ends a value joins: [last `each`, all, first `each`] along an axis. */
function readRing(value: Value, axis: number, each: number, flow: Dataflow) {
  const op = flow.producer(value);
  const [last, row, first, ...more] = op?.operands ?? [];
  if (!isOp(op, "concat") || op.attributes.axis !== axis || last === undefined || row === undefined)
    return undefined;
  if (first === undefined || more.length > 0) return undefined;
  const size = row.type.dims[axis];
  if (typeof size !== "number") return undefined;
  const ends = [sliceOf(last, size - each, size), sliceOf(first, 0, each)];
  return ends.every((end) => end !== undefined) ? { row, ops: [op, ...ends] } : undefined;

  function sliceOf(part: Value, start: number, end: number): Op | undefined {
    const slice = flow.producer(part);
    if (!isOp(slice, "slice") || slice.operands[0] !== row) return undefined;
    const { attributes } = slice;
    return attributes.axis === axis && attributes.start === start && attributes.end === end
      ? slice
      : undefined;
  }
}
