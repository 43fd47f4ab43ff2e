import * as z from "zod";
import { defineOp } from "../op.js";
import { nchw, operandAt, zeros } from "../tensor.js";
import { concreteDims, elementCount, expectDims, featureMap, refuse, tensorType } from "../types.js";

const positive = z.int().min(1);
const padding = z.int().min(0);

export const conv = defineOp({
  name: "conv",
  level: "primitive",
  doc: "y[n,o,p] = bias[o] + Σ weight[o,i,q] · x[n, i, p·strides + q·dilations - pads], summed over the group's channels i and taps q",
  source: "https://onnx.ai/onnx/operators/onnx__Conv.html",
  operands: ["x", "weight", "bias?"],
  attributes: z.strictObject({
    strides: z.tuple([positive, positive]).default([1, 1]),
    /** Zeros added at the top, left, bottom and right. */
    pads: z.tuple([padding, padding, padding, padding]).default([0, 0, 0, 0]),
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
      const output =
        Math.floor(
          (input + pads[axis] + pads[(axis + 2) as 2 | 3] - dilations[axis] * (kernel - 1) - 1) /
            strides[axis],
        ) + 1;
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
    const outHeight = Math.floor((height + pads[0] + pads[2] - dilations[0] * (kh - 1) - 1) / strides[0]) + 1;
    const outWidth = Math.floor((width + pads[1] + pads[3] - dilations[1] * (kw - 1) - 1) / strides[1]) + 1;
    const y = zeros([batch, outputs, outHeight, outWidth]);
    for (let n = 0; n < batch; n++) {
      for (let o = 0; o < outputs; o++) {
        const plane = y.data
          .subarray((n * outputs + o) * outHeight * outWidth)
          .subarray(0, outHeight * outWidth);
        plane.fill(bias?.data[o] ?? 0);
        const firstChannel = Math.floor(o / (outputs / group)) * perGroup;
        for (let i = 0; i < perGroup; i++) {
          const from = (n * channels + firstChannel + i) * height * width;
          for (let qh = 0; qh < kh; qh++) {
            for (let qw = 0; qw < kw; qw++) {
              const tap = weight.data[((o * perGroup + i) * kh + qh) * kw + qw] as number;
              const top = qh * dilations[0] - pads[0];
              const left = qw * dilations[1] - pads[1];
              // Output columns whose input column left + p·stride lies inside the map.
              const firstColumn = Math.max(0, Math.ceil(-left / strides[1]));
              const lastColumn = Math.min(outWidth - 1, Math.floor((width - 1 - left) / strides[1]));
              for (let p = 0; p < outHeight; p++) {
                const row = top + p * strides[0];
                if (row < 0 || row >= height) continue;
                let source = from + row * width + left + firstColumn * strides[1];
                for (let column = firstColumn; column <= lastColumn; column++) {
                  const to = p * outWidth + column;
                  plane[to] = (plane[to] as number) + tap * (x.data[source] as number);
                  source += strides[1];
                }
              }
            }
          }
        }
      }
    }
    return [y];
  },
});
