import * as z from "zod";
import { primitiveOp } from "../op.js";
import { floats, optional } from "../operands.js";
import { minus, plus, times } from "../sizes.js";
import { elementAt, type Tensor, zeros } from "../tensor.js";
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
import { padsAttribute, tapsOf } from "./window.js";

const positive = z.int().min(1);
const padding = z.int().min(0);

const attributes = () =>
  z.strictObject({
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
  { strides, pads, dilations, outputPadding, group }: z.output<ReturnType<typeof attributes>>,
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
      const dims = transposedDims(tensorType(x.dims), tensorType(weight.dims), attributes).map(Number);
      const window = { strides, dilations, before: pads.slice(0, 2), outputs: dims.slice(2) };
      return convTransposed({ x, weight, bias }, window, group);
    },
  }),
};

/** How the kernel of a transposed convolution moves over the spatial axes of its result. */
export interface TransposedWindow {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Positions that are cut off before each axis, and the sizes that are left. */
  readonly before: readonly number[];
  readonly outputs: readonly number[];
}

/** Each element of x [N, C, …] is added, times the kernel, to the elements of the result that the kernel covers. */
export function convTransposed(
  { x, weight, bias }: { readonly x: Tensor; readonly weight: Tensor; readonly bias?: Tensor | undefined },
  window: TransposedWindow,
  group: number,
): Tensor {
  const [batch = 1, channels = 1, ...sizes] = x.dims;
  const [, perGroup = 1, ...kernel] = weight.dims;
  const outputs = perGroup * group;
  const y = zeros([batch, outputs, ...window.outputs], x);
  const [inputPlane, plane] = [elementCount(sizes), elementCount(window.outputs)];
  y.data.forEach((_, i) => {
    y.data[i] = bias?.data[Math.floor(i / plane) % outputs] ?? 0;
  });
  const inputsPerGroup = channels / group;
  tapsOf(kernel).forEach((tap, t, { length }) => {
    const meetings = meetingsAt(tap, sizes, window);
    for (let map = 0; map < batch * channels; map++) {
      const i = map % channels;
      const firstOutput = Math.floor(map / channels) * outputs + Math.floor(i / inputsPerGroup) * perGroup;
      for (let each = 0; each < perGroup; each++) {
        const factor = elementAt(weight.data, (i * perGroup + each) * length + t);
        for (const { from, to } of meetings) {
          const target = (firstOutput + each) * plane + to;
          y.data[target] = elementAt(y.data, target) + factor * elementAt(x.data, map * inputPlane + from);
        }
      }
    }
  });
  return y;
}

/** An element of a map of x, and the one of a map of the result that it is added to. */
interface Meeting {
  readonly from: number;
  readonly to: number;
}

/** What a tap of the kernel brings together. */
function meetingsAt(
  tap: readonly number[],
  sizes: readonly number[],
  { strides, dilations, before, outputs }: TransposedWindow,
): readonly Meeting[] {
  return sizes.reduce<readonly Meeting[]>(
    (meetings, size, axis) => {
      const output = elementAt(outputs, axis);
      const shift = elementAt(tap, axis) * elementAt(dilations, axis) - elementAt(before, axis);
      const along = Array.from({ length: size }, (_, from) => ({
        from,
        to: from * elementAt(strides, axis) + shift,
      })).filter(({ to }) => to >= 0 && to < output);
      return meetings.flatMap((outer) =>
        along.map(({ from, to }) => ({ from: outer.from * size + from, to: outer.to * output + to })),
      );
    },
    [{ from: 0, to: 0 }],
  );
}
