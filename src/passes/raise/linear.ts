import type { Op, OpOf, Value } from "../../ir/graph.js";
import { windowAlong } from "../../ir/ops/convolutions.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { concreteDims, elementCount } from "../../ir/types.js";
import type { Convolution } from "./channel-kernel.js";
import { mismatch } from "./mismatch.js";
import type { ReadStep, StepReader } from "./step.js";
import { type RaisedParameter, type ReadWeight, readWeight, transposed, withDims } from "./weights.js";

/** A fully connected layer over the channels: a 1×1 convolution, Gemm, or MatMul with the weights on either side. */
export const readLinear: StepReader = (_value, op, flow) => {
  const read = (value: Value): ReadWeight => readWeight(op, value, flow);
  if (isOp(op, "conv") || isOp(op, "conv_1d")) return isPointwise(op) ? pointwise(op, read) : undefined;
  if (isOp(op, "gemm")) {
    const { x, weight, bias } = operandsOf(op);
    return layer(op, x, read(weight), bias && read(bias));
  }
  if (isOp(op, "general_gemm")) return generalGemm(op, read);
  if (!isOp(op, "matmul")) return undefined;
  const { a, b } = operandsOf(op);
  // [N, I] · [I, O], or [O, I] · [N, I, 1]
  if (a.kind === "parameter" || b.type.dims.at(-1) === 1) return layer(op, b, matrix(op, read(a)));
  const weight = matrix(op, read(b));
  return layer(op, a, { ...weight, weight: transposed(op, weight.weight) });
};

/** a · b + c without factors, where a or its transpose [C, N] of one image is the row. */
function generalGemm(op: Op & OpOf<"general_gemm">, read: (value: Value) => ReadWeight): ReadStep {
  const { alpha, beta, transposeA, transposeB } = op.attributes;
  const { a: x, b: weight, c: bias } = operandsOf(op);
  if (alpha !== 1 || (bias !== undefined && beta !== 1)) mismatch(op, "its product or its bias has a factor");
  if (transposeA && !x.type.dims.includes(1)) mismatch(op, "it multiplies the transposed rows");
  const weights = matrix(op, read(weight));
  const turned = transposeB ? weights : { ...weights, weight: transposed(op, weights.weight) };
  const outputs = op.results[0]?.type.dims[1];
  if (bias !== undefined && elementCount(concreteDims(bias.type.dims)) !== outputs) {
    mismatch(op, "it adds something else than one number for each channel");
  }
  const offset = bias && read(bias);
  const flat = offset && { ...offset, weight: withDims(op, offset.weight, [Number(outputs)]) };
  return layer(op, x, turned, flat);
}

/** Whether a convolution's every output is of one position. */
function isPointwise(op: Convolution): boolean {
  const { x, weight } = operandsOf(op);
  const [, perGroup, ...kernel] = weight.type.dims;
  const [, channels, ...spatial] = x.type.dims;
  const alongChannels = channels === 1 && perGroup === 1 && spatial.some((size) => size !== 1);
  return kernel.every((size) => size === 1) && !alongChannels;
}

function pointwise(op: Convolution, read: (value: Value) => ReadWeight): ReadStep {
  const { x, weight, bias } = operandsOf(op);
  const axes = x.type.dims.slice(2).map((_, axis) => windowAlong(op, axis));
  if (axes.some(({ stride, before, after }) => stride !== 1 || before !== 0 || after !== 0)) {
    mismatch(op, "it is a convolution with pads or strides");
  }
  return layer(op, x, read(weight), bias && read(bias), op.attributes.group);
}

/** Weights of MatMul as a matrix, whatever axes of size 1 stand before it. */
function matrix(op: Op, read: ReadWeight): ReadWeight {
  const { dims } = read.weight.data;
  if (dims.slice(0, -2).some((size) => size !== 1)) mismatch(op, "it is a product with more than one matrix");
  return { ...read, weight: withDims(op, read.weight, dims.slice(-2)) };
}

function layer(op: Op, from: Value, { weight, ops }: ReadWeight, bias?: ReadWeight, groups = 1): ReadStep {
  const [outputs = 0, inputs = 0] = weight.data.dims;
  const flat: RaisedParameter = withDims(op, weight, [outputs, inputs]);
  return {
    step: { kind: "linear", op, weight: flat, outputs, groups, bias: bias?.weight },
    from,
    ops: [op, ...ops, ...(bias?.ops ?? [])],
  };
}
