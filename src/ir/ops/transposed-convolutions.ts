import * as z from "zod";
import { primitiveOp } from "../op.js";
import { floats, optional } from "../operands.js";
import { minus, plus, times } from "../sizes.js";
import { elementAt, nchw, zeros } from "../tensor.js";
import {
  concreteDims,
  type Dim,
  elementCount,
  expectDims,
  featureMap,
  mapChannels,
  refuse,
  type TensorType,
  tensorType,
} from "../types.js";
import { padsAttribute } from "./window.js";

const positive = z.int().min(1);
const padding = z.int().min(0);

const attributes = z.strictObject({
  strides: z.tuple([positive, positive]).default([1, 1]),
  /** Positions that are cut off at the top, left, bottom and right. */
  pads: padsAttribute,
  dilations: z.tuple([positive, positive]).default([1, 1]),
  /** Positions that are added at the bottom and right. */
  outputPadding: z.tuple([padding, padding]).default([0, 0]),
  group: positive.default(1),
});

/** The sizes of the result: along each axis (size - 1) · stride + dilation · (kernel - 1) + 1, without what the pads cut off. */
function transposedDims(
  x: TensorType,
  weight: TensorType,
  { strides, pads, dilations, outputPadding, group }: z.output<typeof attributes>,
): readonly Dim[] {
  const [n, channels] = mapChannels(x, "x");
  const [, , height = 1, width = 1] = x.dims;
  const [inputs, perGroup, kh, kw] = featureMap(weight, "weight");
  if (inputs !== channels) refuse(`weight takes ${inputs} channels, x has ${channels}`);
  if (channels % group !== 0) refuse(`${channels} input channels must be a multiple of group ${group}`);
  const size = (input: Dim, kernel: number, axis: 0 | 1): Dim => {
    if (outputPadding[axis] >= Math.max(strides[axis], dilations[axis])) {
      refuse("outputPadding must be smaller than the stride or the dilation");
    }
    const reach = dilations[axis] * (kernel - 1) + 1;
    const cut = axis === 0 ? pads[0] + pads[2] : pads[1] + pads[3];
    const output = plus(times(minus(input, 1), strides[axis]), reach + outputPadding[axis] - cut);
    return typeof output === "string" || output >= 1
      ? output
      : refuse(`its pads cut off all of a map of ${height}x${width}`);
  };
  return [n, perGroup * group, size(height, kh, 0), size(width, kw, 1)];
}

/** Transposes of convolutions: what those read at a tap, these add to. */
export const transposedConvolutions = {
  conv_transpose: primitiveOp({
    precision: "half",
    doc: "y[n, o, p·strides + q·dilations - pads] = bias[o] + Σ weight[i,o,q] · x[n,i,p], summed over the group's channels i and all p and q that meet there",
    source: "https://onnx.ai/onnx/operators/onnx__ConvTranspose.html (two spatial axes)",
    operands: { x: floats, weight: floats, bias: optional(floats) },
    attributes,
    infer({ x, weight, bias }, attributes) {
      const dims = transposedDims(x, weight, attributes);
      if (bias !== undefined) expectDims(bias, [Number(dims[1])], "bias");
      return tensorType(dims, x.dtype);
    },
    cost: ({ x, weight }) => ({
      macs: elementCount(concreteDims(x.dims)) * elementCount(concreteDims(weight.dims).slice(1)),
    }),
    evaluate({ x, weight, bias }, attributes) {
      const { strides, pads, dilations, group } = attributes;
      const [batch, channels, height, width] = nchw(x);
      const [, perGroup, kh, kw] = nchw(weight);
      const dims = transposedDims(tensorType(x.dims), tensorType(weight.dims), attributes).map(Number);
      const [, outputs = 0, rows = 0, columns = 0] = dims;
      const y = zeros(dims, x);
      const plane = rows * columns;
      y.data.forEach((_, i) => {
        y.data[i] = bias?.data[Math.floor(i / plane) % outputs] ?? 0;
      });
      const inputsPerGroup = channels / group;
      for (let map = 0; map < batch * channels; map++) {
        const i = map % channels;
        const firstOutput = Math.floor(map / channels) * outputs + Math.floor(i / inputsPerGroup) * perGroup;
        for (let each = 0; each < perGroup; each++) {
          for (let tap = 0; tap < kh * kw; tap++) {
            const factor = elementAt(weight.data, (i * perGroup + each) * kh * kw + tap);
            const top = Math.floor(tap / kw) * dilations[0] - pads[0];
            const left = (tap % kw) * dilations[1] - pads[1];
            for (let place = 0; place < height * width; place++) {
              const row = Math.floor(place / width) * strides[0] + top;
              const column = (place % width) * strides[1] + left;
              if (row < 0 || row >= rows || column < 0 || column >= columns) continue;
              const target = (firstOutput + each) * plane + row * columns + column;
              y.data[target] =
                elementAt(y.data, target) + factor * elementAt(x.data, map * height * width + place);
            }
          }
        }
      }
      return y;
    },
  }),
};
