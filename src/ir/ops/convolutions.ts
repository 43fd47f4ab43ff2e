import * as z from "zod";
import { type Cost, primitiveOp } from "../op.js";
import { floats, optional } from "../operands.js";
import { nchw, type Tensor, zeros } from "../tensor.js";
import {
  concreteDims,
  type Dim,
  elementCount,
  expectDims,
  featureMap,
  formatType,
  mapChannels,
  refuse,
  type TensorType,
  tensorType,
} from "../types.js";
import { addChannels, addToTwo, type ChannelSum } from "./channel-sums.js";
import { padsAttribute, type WindowAxis, windowOutputs } from "./window.js";

const positive = z.int().min(1);
const padding = z.int().min(0);

const conv = primitiveOp({
  precision: "half",
  doc: "y[n,o,p] = bias[o] + Σ weight[o,i,q] · x[n, i, p·strides + q·dilations - pads], summed over the group's channels i and taps q",
  source: "https://onnx.ai/onnx/operators/onnx__Conv.html",
  operands: { x: floats, weight: floats, bias: optional(floats) },
  attributes: z.strictObject({
    strides: z.tuple([positive, positive]).default([1, 1]),
    /** Zeros added at the top, left, bottom and right. */
    pads: padsAttribute,
    dilations: z.tuple([positive, positive]).default([1, 1]),
    group: positive.default(1),
  }),
  infer({ x, weight, bias }, { strides, pads, dilations, group }) {
    const [n, channels] = mapChannels(x, "x");
    const [, , height = 1, width = 1] = x.dims;
    const [outputs, perGroup, kh, kw] = featureMap(weight, "weight");
    if (typeof outputs !== "number") refuse("weight must have known sizes");
    if (channels % group !== 0 || outputs % group !== 0) {
      refuse(`${channels} input and ${outputs} output channels must be multiples of group ${group}`);
    }
    if (perGroup * group !== channels) {
      refuse(`weight takes ${perGroup} channels in each of ${group} groups, x has ${channels} in all`);
    }
    if (bias !== undefined) expectDims(bias, [outputs], "bias");
    const size = (input: Dim, kernel: number, axis: 0 | 1): Dim => {
      const [before, after] = axis === 0 ? [pads[0], pads[2]] : [pads[1], pads[3]];
      const output = windowOutputs(input, kernel, {
        stride: strides[axis],
        dilation: dilations[axis],
        before,
        after,
      });
      return typeof output === "string" || output >= 1
        ? output
        : refuse(`a map of ${height}x${width} is too small for a ${kh}x${kw} kernel`);
    };
    return tensorType([n, outputs, size(height, kh, 0), size(width, kw, 1)], x.dtype);
  },
  cost: ({ weight }, y) => convMacs(weight, y),
  evaluate({ x, weight, bias }, { strides, pads, dilations, group }) {
    const [batch, channels, height, width] = nchw(x);
    const [outputs, perGroup, kh, kw] = nchw(weight);
    const rows = tapReach(height, kh, {
      stride: strides[0],
      dilation: dilations[0],
      before: pads[0],
      after: pads[2],
    });
    const columns = tapReach(width, kw, {
      stride: strides[1],
      dilation: dilations[1],
      before: pads[1],
      after: pads[3],
    });
    const y = zeros([batch, outputs, rows.outputs, columns.outputs], x);
    const planeSize = rows.outputs * columns.outputs;
    const mapSize = height * width;
    const sum: ChannelSum = {
      x: x.data,
      step: strides[1],
      channels: perGroup,
      channelStep: mapSize,
      weight: weight.data,
      tapStep: kh * kw,
    };
    const perOutput = perGroup * kh * kw;
    const biasOf = (o: number): number => bias?.data[o] ?? 0;
    for (let plane = 0, pair = 1; plane < batch * outputs; plane += pair) {
      const o = plane % outputs;
      // Two outputs that read the same channels are summed in one go over these.
      pair = perGroup >= 4 && (o % (outputs / group)) + 1 < outputs / group ? 2 : 1;
      const firstChannel =
        Math.floor(plane / outputs) * channels + Math.floor(o / (outputs / group)) * perGroup;
      for (let each = 0; each < pair; each++) {
        y.data.fill(biasOf(o + each), (plane + each) * planeSize, (plane + each + 1) * planeSize);
      }
      rows.taps.forEach((row, qh) => {
        columns.taps.forEach((column, qw) => {
          // Where output rows are whole rows of the map, all of them are one run.
          const whole =
            column.count === width && columns.outputs === width && strides[0] === 1 && strides[1] === 1;
          const [runs, length] = whole ? [1, row.count * width] : [row.count, column.count];
          for (let p = 0; p < runs; p++) {
            const target = plane * planeSize + (row.output + p) * columns.outputs + column.output;
            const source = firstChannel * mapSize + (row.input + p * strides[0]) * width + column.input;
            const tap = o * perOutput + qh * kw + qw;
            if (pair === 2) addToTwo(y.data, target, planeSize, length, sum, source, tap, perOutput);
            else addChannels(y.data, target, length, sum, source, tap, 0);
          }
        });
      });
    }
    return y;
  },
});

/** Each element of the result is a sum over a weight's elements but the first axis. */
function convMacs(weight: TensorType, y: TensorType): Cost {
  return { macs: elementCount(concreteDims(y.dims)) * elementCount(concreteDims(weight.dims).slice(1)) };
}

/** The outputs of one axis that a tap of the kernel contributes to, and where its first input lies. */
interface Tap {
  readonly output: number;
  readonly input: number;
  readonly count: number;
}

/** For each tap of a kernel along one axis: the outputs whose input at that tap lies inside the map, not in the padding. */
function tapReach(size: number, kernel: number, axis: WindowAxis): { outputs: number; taps: readonly Tap[] } {
  const outputs = windowOutputs(size, kernel, axis);
  const taps = Array.from({ length: kernel }, (_, q): Tap => {
    const shift = q * axis.dilation - axis.before;
    const first = Math.max(0, Math.ceil(-shift / axis.stride));
    const last = Math.min(outputs - 1, Math.floor((size - 1 - shift) / axis.stride));
    return { output: first, input: first * axis.stride + shift, count: Math.max(0, last - first + 1) };
  });
  return { outputs, taps };
}

/** Over x of [N, C, L]; it is the convolution of a map with one row. */
const conv1d = primitiveOp({
  doc: "y[n,o,p] = bias[o] + Σ weight[o,i,q] · x[n, i, p·stride + q·dilation - pads], summed over the group's channels i and taps q",
  source: "https://onnx.ai/onnx/operators/onnx__Conv.html (one spatial axis)",
  precision: "half",
  operands: { x: floats, weight: floats, bias: optional(floats) },
  attributes: z.strictObject({
    stride: positive.default(1),
    /** Zeros added before the first and after the last position. */
    pads: z.tuple([padding, padding]).default([0, 0]),
    dilation: positive.default(1),
    group: positive.default(1),
  }),
  infer({ x, weight, bias }, given) {
    if (typeof x.dims[2] === "string") refuse(`x must be of known length, got ${formatType(x)}`);
    const operands = { x: rowType(x, "x"), weight: rowType(weight, "weight"), bias };
    const { dims, dtype } = conv.infer(operands, ofRow(given));
    return tensorType(withoutRow(dims), dtype);
  },
  cost: ({ weight }, y) => convMacs(weight, y),
  evaluate({ x, weight, bias }, given) {
    const { dims, data } = conv.evaluate({ x: asRow(x), weight: asRow(weight), bias }, ofRow(given));
    return { dims: withoutRow(dims), data };
  },
});

function ofRow({
  stride,
  pads: [before, after],
  dilation,
  group,
}: {
  readonly stride: number;
  readonly pads: readonly [number, number];
  readonly dilation: number;
  readonly group: number;
}) {
  return conv.attributes.parse({
    strides: [1, stride],
    pads: [0, before, 0, after],
    dilations: [1, dilation],
    group,
  });
}

/** [N, C, L] as [N, C, 1, L]. */
function withRow<D>(dims: readonly D[]): readonly (D | 1)[] {
  return [...dims.slice(0, 2), 1, ...dims.slice(2)];
}

function withoutRow<D>(dims: readonly D[]): readonly D[] {
  return [...dims.slice(0, 2), ...dims.slice(3)];
}

function rowType(type: TensorType, what: string): TensorType {
  if (type.dims.length !== 3) return refuse(`${what} must have three axes`);
  return tensorType(withRow(type.dims), type.dtype);
}

function asRow({ dims, data }: Tensor): Tensor {
  return { dims: withRow(dims), data };
}

/** How the window of a convolution moves along one of its axes, from 0. */
export function windowAlong(
  op:
    | { readonly kind: "conv"; readonly attributes: Readonly<z.output<typeof conv.attributes>> }
    | { readonly kind: "conv_1d"; readonly attributes: Readonly<z.output<typeof conv1d.attributes>> },
  axis: number,
): WindowAxis {
  if (op.kind === "conv_1d") {
    const { stride, dilation, pads } = op.attributes;
    return { stride, dilation, before: pads[0], after: pads[1] };
  }
  const { strides, dilations, pads } = op.attributes;
  return {
    stride: strides[axis] ?? 1,
    dilation: dilations[axis] ?? 1,
    before: pads[axis] ?? 0,
    after: pads[axis + 2] ?? 0,
  };
}

export const convolutions = { conv, conv_1d: conv1d };
