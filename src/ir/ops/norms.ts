import * as z from "zod";
import { modelOp, plainOp, primitiveOp } from "../op.js";
import { floats, optional } from "../operands.js";
import { elementAt, type Numbers, zeros } from "../tensor.js";
import { elementCount, expectDims, formatType, refuse, sameDims } from "../types.js";
import { broadcastDims, broadcastTensor } from "./broadcast.js";

const epsilon = z.number().positive().default(1e-5);

const precision = { float32: "a small variance is zero and a mean swallows what differs from it" };

/** Rows of that length, each less its mean and over the root of its variance plus ε: of mean 0 and variance 1. */
function standardized(data: Numbers, length: number, least: number): Numbers {
  const { data: result } = zeros([data.length], { data });
  for (let start = 0; start < data.length; start += length)
    standardizeRow(data, start, length, least, result);
  return result;
}

/** One row; loops rather than calls for each element, as networks have millions. */
function standardizeRow(data: Numbers, start: number, length: number, least: number, to: Numbers): void {
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += data[i] as number;
  const mean = sum / length;
  let squares = 0;
  for (let i = start; i < start + length; i++) squares += ((data[i] as number) - mean) ** 2;
  const deviation = Math.sqrt(squares / length + least);
  for (let i = start; i < start + length; i++) to[i] = ((data[i] as number) - mean) / deviation;
}

interface Affine {
  readonly factor: number;
  readonly center: number;
  readonly deviation: number;
  readonly offset: number;
}

/** y = factor · (x - center) / deviation + offset, from one element to another. */
function writeAffine(
  x: Numbers,
  y: Numbers,
  from: number,
  to: number,
  { factor, center, deviation, offset }: Affine,
): void {
  // The same loop twice: one that meets two types of arrays takes longer.
  if (x instanceof Float64Array && y instanceof Float64Array) {
    for (let i = from; i < to; i++) y[i] = (factor * ((x[i] as number) - center)) / deviation + offset;
  } else {
    for (let i = from; i < to; i++) y[i] = (factor * ((x[i] as number) - center)) / deviation + offset;
  }
}

export const norms = {
  batch_norm: primitiveOp({
    doc: "y = scale · (x - mean) / √(variance + epsilon) + shift, per channel, with the running statistics",
    source: "https://onnx.ai/onnx/operators/onnx__BatchNormalization.html (training_mode 0)",
    precision,
    operands: { x: floats, scale: floats, shift: floats, mean: floats, variance: floats },
    attributes: () =>
      z.strictObject({
        epsilon,
        /** The share of the batch in the running statistics during training; inference ignores it. */
        momentum: z.number().min(0).max(1).default(0.1),
      }),
    infer({ x, ...statistics }) {
      const channels = x.dims[1];
      if (typeof channels !== "number") refuse(`x must be [N, C, ...] of known C, got ${formatType(x)}`);
      for (const each of Object.values(statistics)) {
        expectDims(each, [channels], "scale, shift, mean and variance");
      }
      return x;
    },
    evaluate({ x, scale, shift, mean, variance }, { epsilon: least }) {
      const channels = elementAt(x.dims, 1);
      const positions = elementCount(x.dims.slice(2));
      const y = zeros(x.dims, x);
      for (let row = 0; row * positions < x.data.length; row++) {
        const c = row % channels;
        const deviation = Math.sqrt(elementAt(variance.data, c) + least);
        const [factor, center] = [elementAt(scale.data, c), elementAt(mean.data, c)];
        const offset = elementAt(shift.data, c);
        const [from, to] = [row * positions, (row + 1) * positions];
        writeAffine(x.data, y.data, from, to, { factor, center, deviation, offset });
      }
      return y;
    },
  }),

  instance_norm: plainOp({
    onnx: { operator: "InstanceNormalization", floats: { epsilon: "epsilon" } },
    doc: "scale · (x - mean) / √(variance + epsilon) + shift, with the statistics of each channel of each image",
    precision,
    operands: { x: floats, scale: floats, shift: floats },
    attributes: () => z.strictObject({ epsilon }),
    infer({ x, scale, shift }) {
      const channels = x.dims[1];
      if (x.dims.length < 3 || channels === undefined) refuse(`x must be [N, C, ...], got ${formatType(x)}`);
      for (const each of [scale, shift]) expectDims(each, [channels], "scale and shift");
      return x;
    },
    evaluate({ x, scale, shift }, { epsilon: least }) {
      const channels = elementAt(x.dims, 1);
      const positions = elementCount(x.dims.slice(2));
      const data = standardized(x.data, positions, least).map((value, i) => {
        const c = Math.floor(i / positions) % channels;
        return value * elementAt(scale.data, c) + elementAt(shift.data, c);
      });
      return { dims: x.dims, data };
    },
  }),

  layer_norm: primitiveOp({
    doc: "scale · (x - mean) / √(variance + epsilon) + shift, with the statistics over an axis and all after it",
    source: "https://onnx.ai/onnx/operators/onnx__LayerNormalization.html",
    // The operator takes its statistics in float32, whatever its operands are: its stash_type is 1.
    precision: "half",
    operands: { x: floats, scale: floats, shift: optional(floats) },
    attributes: () =>
      z.strictObject({
        /** The first axis that the statistics are over. */
        axis: z.int().min(0),
        epsilon,
      }),
    infer({ x, scale, shift }, { axis }) {
      if (axis >= x.dims.length) refuse(`${formatType(x)} has no axis ${axis}`);
      const dims = x.dims.slice(axis);
      for (const each of shift === undefined ? [scale] : [scale, shift]) {
        if (!sameDims(broadcastDims(dims, each.dims), dims)) {
          refuse(`${formatType(each)} can't be broadcast to the axes of ${formatType(x)} from ${axis} on`);
        }
      }
      return x;
    },
    evaluate({ x, scale, shift }, { axis, epsilon: least }) {
      const inner = x.dims.slice(axis);
      const length = elementCount(inner);
      const { data: factors } = broadcastTensor(scale, inner);
      const { data: offsets } = broadcastTensor(shift ?? zeros([], x), inner);
      const data = standardized(x.data, length, least);
      for (let i = 0; i < data.length; i += length)
        for (let j = 0; j < length; j++)
          data[i + j] = (data[i + j] as number) * (factors[j] as number) + (offsets[j] as number);
      return { dims: x.dims, data };
    },
  }),

  standardized_weight: modelOp({
    doc: "factor · gain · (weight - mean) / √(variance + epsilon), with the statistics of each output channel's weights",
    source:
      "Qiao et al., Weight Standardization (2019), section 3; with a factor and gain Brock et al., NFNets (ICML 2021), section 2.1",
    operands: { weight: floats, gain: optional(floats) },
    attributes: () => z.strictObject({ epsilon, factor: z.number().default(1) }),
    infer({ weight, gain }) {
      const [outputs, ...others] = weight.dims;
      if (outputs === undefined || others.length === 0)
        refuse(`weight must be [outputs, ...], got ${formatType(weight)}`);
      if (gain !== undefined) expectDims(gain, [outputs, ...others.map(() => 1)], "gain");
      return weight;
    },
    evaluate({ weight, gain }, { epsilon: least, factor }) {
      const length = elementCount(weight.dims.slice(1));
      const data = standardized(weight.data, length, least).map(
        (value, i) => factor * (gain?.data[Math.floor(i / length)] ?? 1) * value,
      );
      return { dims: weight.dims, data };
    },
  }),
};
