import type { Op, Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { type Dim, elementCount } from "../../ir/types.js";
import { binaryWeight, constantWeight, type WeightExpr } from "../../ir/weight.js";
import { extent } from "./layout.js";
import type { ReadStep, StepReader } from "./step.js";
import { readWeight, withDims } from "./weights.js";

/** A bias or scale by Add or Mul with one number for each channel, in either order, or by Sub or Div behind it. */
export const readPerChannel: StepReader = (value, op, flow) => {
  const isOrdered = isOp(op, "sub") || isOp(op, "div");
  if (!isOp(op, "add") && !isOp(op, "mul") && !isOrdered) return undefined;
  const { a, b } = operandsOf<"add" | "sub" | "mul" | "div", Value>(op);
  const [from, vector] = !isOrdered && isVectorOver(a, value.type.dims) ? [b, a] : [a, b];
  if (!isVectorOver(vector, value.type.dims)) return undefined;
  const { weight, ops } = readWeight(op, vector, flow);
  const flat = withDims(op, weight, [elementCount(weight.data.dims)]);
  return {
    step: {
      kind: isOp(op, "add") || isOp(op, "sub") ? "bias" : "scale",
      op,
      weight: { ...flat, data: inverted(op, flat.data) },
    },
    from,
    ops: [op, ...ops],
  };
};

/** -v of what is subtracted, 1/v of what is divided by. */
function inverted(op: Op, vector: WeightExpr): WeightExpr {
  if (isOp(op, "sub")) return binaryWeight("mul", vector, constantWeight([], -1));
  return isOp(op, "div") ? binaryWeight("div", constantWeight([], 1), vector) : vector;
}

/** Batch normalisation, as files of networks in training form have it. */
export const readNorm: StepReader = (_value, op, flow): ReadStep | undefined => {
  if (!isOp(op, "batch_norm")) return undefined;
  const { x, scale, shift, mean, variance } = operandsOf(op);
  const read = [scale, shift, mean, variance].map((each, i) => {
    const { weight } = readWeight(op as Op, each, flow);
    return i < 2 ? weight : { ...weight, role: "buffer" as const };
  });
  return { step: { kind: "norm", op, parameters: read, epsilon: op.attributes.epsilon }, from: x, ops: [op] };
};

/** Whether a parameter has one number for each element of a row [N, C], along the axis of C. */
function isVectorOver(vector: Value, dims: readonly Dim[]): boolean {
  if (vector.kind !== "parameter") return false;
  const own = vector.type.dims;
  const [channels, ...more] = extent(own);
  if (channels === undefined || more.length > 0) return false;
  const axis = own.indexOf(channels) - own.length;
  const at = dims.length + axis;
  // The first axis is the batch, unless there is only one image, whose row is all there is.
  return dims[at] === channels && (at > 0 || extent(dims).length === 1);
}
