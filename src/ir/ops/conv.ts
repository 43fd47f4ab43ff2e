import * as z from "zod";
import { defineOp } from "../op.js";
import { type Numbers, nchw, operandAt, zeros } from "../tensor.js";
import { concreteDims, elementCount, expectDims, featureMap, refuse, tensorType } from "../types.js";
import { padsAttribute, type WindowAxis, windowOutputs } from "./window.js";

const positive = z.int().min(1);

export const conv = defineOp({
  name: "conv",
  level: "primitive",
  precision: "half",
  doc: "y[n,o,p] = bias[o] + Σ weight[o,i,q] · x[n, i, p·strides + q·dilations - pads], summed over the group's channels i and taps q",
  source: "https://onnx.ai/onnx/operators/onnx__Conv.html",
  operands: ["x", "weight", "bias?"],
  attributes: z.strictObject({
    strides: z.tuple([positive, positive]).default([1, 1]),
    /** Zeros added at the top, left, bottom and right. */
    pads: padsAttribute,
    dilations: z.tuple([positive, positive]).default([1, 1]),
    group: positive.default(1),
  }),
  infer([x, weight, bias], { strides, pads, dilations, group }) {
    const [n, channels, height, width] = featureMap(x, "x");
    const [outputs, perGroup, kh, kw] = featureMap(weight, "weight");
    if (typeof outputs !== "number") refuse("weight must have known sizes");
    if (channels % group !== 0 || outputs % group !== 0) {
      refuse(`${channels} input and ${outputs} output channels must be multiples of group ${group}`);
    }
    if (perGroup * group !== channels) {
      refuse(`weight takes ${perGroup} channels in each of ${group} groups, x has ${channels} in all`);
    }
    if (bias !== undefined) expectDims(bias, [outputs], "bias");
    const size = (input: number, kernel: number, axis: 0 | 1): number => {
      const [before, after] = axis === 0 ? [pads[0], pads[2]] : [pads[1], pads[3]];
      const output = windowOutputs(input, kernel, {
        stride: strides[axis],
        dilation: dilations[axis],
        before,
        after,
      });
      return output >= 1
        ? output
        : refuse(`a map of ${height}x${width} is too small for a ${kh}x${kw} kernel`);
    };
    return [tensorType([n, outputs, size(height, kh, 0), size(width, kw, 1)], x?.dtype)];
  },
  cost([, weight], [y]) {
    const [, perGroup, kh, kw] = featureMap(weight, "weight");
    return { macs: elementCount(concreteDims(y?.dims ?? [])) * perGroup * kh * kw };
  },
  evaluate(operands, { strides, pads, dilations, group }) {
    const [x, weight, bias] = [operandAt(operands, 0), operandAt(operands, 1), operands[2]];
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
    return [y];
  },
});

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

/** A sum over channels, as far as it is the same for the whole convolution. */
interface ChannelSum {
  readonly x: Numbers;
  /** The way from one input to the next, and from one channel to the next. */
  readonly step: number;
  readonly channels: number;
  readonly channelStep: number;
  readonly weight: Numbers;
  /** The way from one channel's weight to the next's. */
  readonly tapStep: number;
}

/** `addChannels` to an output and to the next one, `planeStep` further, with weights `outputStep` further. The same sums, in half the time. */
function addToTwo(
  y: Numbers,
  target: number,
  planeStep: number,
  length: number,
  sum: ChannelSum,
  source: number,
  tap: number,
  outputStep: number,
): void {
  const { x, step, channels, channelStep, weight, tapStep } = sum;
  const end = target + length;
  let c = 0;
  for (; c + 4 <= channels; c += 4) {
    const at = tap + c * tapStep;
    const next = at + outputStep;
    const [v0, v1] = [operandAt(weight, at), operandAt(weight, at + tapStep)];
    const [v2, v3] = [operandAt(weight, at + 2 * tapStep), operandAt(weight, at + 3 * tapStep)];
    const [w0, w1] = [operandAt(weight, next), operandAt(weight, next + tapStep)];
    const [w2, w3] = [operandAt(weight, next + 2 * tapStep), operandAt(weight, next + 3 * tapStep)];
    let from = source + c * channelStep;
    for (let to = target; to < end; to++) {
      const x0 = x[from] as number;
      const x1 = x[from + channelStep] as number;
      const x2 = x[from + 2 * channelStep] as number;
      const x3 = x[from + 3 * channelStep] as number;
      y[to] = (y[to] as number) + v0 * x0 + v1 * x1 + v2 * x2 + v3 * x3;
      y[to + planeStep] = (y[to + planeStep] as number) + w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3;
      from += step;
    }
  }
  addChannels(y, target, length, sum, source, tap, c);
  addChannels(y, target + planeStep, length, sum, source, tap + outputStep, c);
}

/**
 * y[target + i] += Σ_c weight[tap + c·tapStep] · x[source + c·channelStep + i·step] for i of 0 … length - 1, from the channel
 * `first` on. All the work of a convolution is here and in `addToTwo`, so four channels are added in one go over y.
 */
function addChannels(
  y: Numbers,
  target: number,
  length: number,
  { x, step, channels, channelStep, weight, tapStep }: ChannelSum,
  source: number,
  tap: number,
  first: number,
): void {
  const end = target + length;
  let c = first;
  for (; c + 4 <= channels; c += 4) {
    const w0 = operandAt(weight, tap + c * tapStep);
    const w1 = operandAt(weight, tap + (c + 1) * tapStep);
    const w2 = operandAt(weight, tap + (c + 2) * tapStep);
    const w3 = operandAt(weight, tap + (c + 3) * tapStep);
    let from = source + c * channelStep;
    for (let to = target; to < end; to++) {
      const x0 = x[from] as number;
      const x1 = x[from + channelStep] as number;
      const x2 = x[from + 2 * channelStep] as number;
      const x3 = x[from + 3 * channelStep] as number;
      y[to] = (y[to] as number) + w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3;
      from += step;
    }
  }
  for (; c < channels; c++) {
    const w = operandAt(weight, tap + c * tapStep);
    let from = source + c * channelStep;
    for (let to = target; to < end; to++) {
      y[to] = (y[to] as number) + w * (x[from] as number);
      from += step;
    }
  }
}
