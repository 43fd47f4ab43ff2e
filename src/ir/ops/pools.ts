import * as z from "zod";
import {
  type NoAttributes,
  type OperatorOf,
  type PlainOp,
  type Precision,
  type PrimitiveOp,
  plainOp,
  primitiveOp,
} from "../op.js";
import { floats, type Operand } from "../operands.js";
import { elementAt, nchw, type Tensor, zeros } from "../tensor.js";
import { elementCount, gatedChannels, mapChannels, refuse, tensorType } from "../types.js";
import { MAXIMUM, MEAN, type Reduction, reduceNumbers, reduceTensor, spatialAxes } from "./reductions.js";
import { padsAttribute, windowOutputs } from "./window.js";

type OfMap = { readonly x: Operand<"one"> };

const positive = z.int().min(1);

/** The attributes of every pooling. */
const attributes = () =>
  z.strictObject({
    kernel: z.tuple([positive, positive]),
    strides: z.tuple([positive, positive]).default([1, 1]),
    /** Positions at the top, left, bottom and right that belong to no pixel: a window takes what it has of the map. */
    pads: padsAttribute,
  });

/**
 * An op that makes one number of each window of a map, channel by channel. Padding is no pixel: what it covers is
 * left out, so a maximum may be below zero and a mean is over the pixels that there are.
 */
function pool<A extends ReturnType<typeof attributes>>(op: {
  readonly doc: string;
  readonly source: string;
  readonly attributes: () => A;
  readonly precision: Precision;
  /** The number that a window becomes; it has at least one pixel, and so many positions of the padded map. */
  reduce(pixels: readonly number[], positions: number, attributes: z.output<A>): number;
}): PrimitiveOp<OfMap, A> {
  const { reduce, ...facts } = op;
  return primitiveOp<OfMap, A>({
    ...facts,
    operands: { x: floats },
    infer({ x }, { kernel, strides, pads }) {
      const [n, channels] = mapChannels(x, "x");
      const sizes = x.dims.slice(2);
      const outputs = ([0, 1] as const).map((axis) => {
        const [before, after] = [pads[axis], pads[axis + 2] as number];
        // A window that lies in the padding alone would have no pixel to take.
        if (Math.max(before, after) >= kernel[axis]) {
          refuse(`pads of ${before} and ${after} hold a whole window of ${kernel[axis]}`);
        }
        const count = windowOutputs(sizes[axis] ?? 1, kernel[axis], {
          stride: strides[axis],
          dilation: 1,
          before,
          after,
        });
        return typeof count === "string" || count >= 1
          ? count
          : refuse(`a map of ${sizes.join("x")} is too small for ${kernel.join("x")}`);
      });
      return tensorType([n, channels, ...outputs], x.dtype);
    },
    evaluate({ x }, given) {
      const { kernel, strides, pads } = given;
      const [, , height, width] = nchw(x);
      const [before, after] = [pads.slice(0, 2), pads.slice(2)];
      const outputs = [height, width].map((size, i) =>
        windowOutputs(size, elementAt(kernel, i), {
          stride: elementAt(strides, i),
          dilation: 1,
          before: elementAt(before, i),
          after: elementAt(after, i),
        }),
      );
      const window = { kernel, strides, dilations: [1, 1], before, after, outputs };
      return pooled(x, window, (pixels, positions) => reduce(pixels, positions, given));
    },
  });
}

/** How a window moves over the spatial axes of a map, and how many there are along each. */
export interface PoolWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Positions before each axis that belong to no pixel, and those behind it. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly outputs: readonly number[];
}

/** x of [N, C, …] with one number for each window: of the pixels in it, and of how many positions it has in the padded map. */
export function pooled(
  x: Tensor,
  window: PoolWindow,
  combine: (pixels: readonly number[], positions: number) => number,
): Tensor {
  const [n = 1, channels = 1, ...sizes] = x.dims;
  const y = zeros([n, channels, ...window.outputs], x);
  const windows = elementCount(window.outputs);
  const stretches = sizes.map((size, axis) => stretchesOf(size, axis, window));
  for (let i = 0; i < y.data.length; i++) {
    const here = stretchesAt(i % windows, stretches);
    const pixels: number[] = [];
    const collect = (axis: number, from: number): void => {
      const stretch = here[axis];
      if (stretch === undefined) pixels.push(elementAt(x.data, from));
      else
        for (let k = 0; k < stretch.count; k++)
          collect(axis + 1, from * elementAt(sizes, axis) + stretch.first + k * stretch.step);
    };
    collect(0, Math.floor(i / windows));
    const positions = here.reduce((product, each) => product * each.positions, 1);
    y.data[i] = combine(pixels, positions);
  }
  return y;
}

/** What a window has along an axis: its first pixel, how far apart and how many they are, and how many positions with the padding. */
interface Stretch {
  readonly first: number;
  readonly step: number;
  readonly count: number;
  readonly positions: number;
}

/** What each window has along an axis. */
function stretchesOf(size: number, axis: number, window: PoolWindow): readonly Stretch[] {
  const { kernel, strides, dilations, before, after, outputs } = window;
  const [taps, step] = [elementAt(kernel, axis), elementAt(dilations, axis)];
  /** The taps from `start` on that lie before `end`. */
  const tapsBefore = (start: number, end: number): number =>
    Math.min(taps, Math.max(0, Math.ceil((end - start) / step)));
  return Array.from({ length: elementAt(outputs, axis) }, (_, output) => {
    const start = output * elementAt(strides, axis) - elementAt(before, axis);
    const outside = tapsBefore(start, 0);
    return {
      first: start + outside * step,
      step,
      count: tapsBefore(start, size) - outside,
      positions: tapsBefore(start, size + elementAt(after, axis)),
    };
  });
}

/** Of the stretches along each axis those of one window, the last axis the fastest. */
function stretchesAt(window: number, stretches: readonly (readonly Stretch[])[]): readonly Stretch[] {
  let behind = elementCount(stretches.map(({ length }) => length));
  return stretches.map((along) => {
    behind /= along.length;
    return elementAt(along, Math.floor(window / behind) % along.length);
  });
}

/** An op that makes one number of each channel of a feature map or a signal. */
function globalPool(op: {
  readonly onnx: OperatorOf<NoAttributes>;
  readonly doc: string;
  readonly precision: Precision;
  readonly reduction: Reduction;
}): PlainOp<OfMap, NoAttributes> {
  const { reduction, ...facts } = op;
  return plainOp({
    ...facts,
    operands: { x: floats },
    infer({ x }) {
      const [n, channels] = gatedChannels(x, "x");
      return tensorType([n, channels, ...x.dims.slice(2).map(() => 1)], x.dtype);
    },
    evaluate: ({ x }) => reduceTensor(x, spatialAxes(x), reduction),
  });
}

export const pools = {
  avg_pool: pool({
    doc: "y[n,c,p] = mean of x[n,c,·] over the pixels of window p; with countPadding over all of its places",
    source: "https://onnx.ai/onnx/operators/onnx__AveragePool.html",
    // A window holds few positions, so the sum stays near the mean.
    precision: "half",
    attributes: () =>
      attributes().extend({
        /** Whether the padding counts as zeros: ONNX's count_include_pad. */
        countPadding: z.boolean().default(false),
      }),
    reduce: (pixels, positions, { countPadding }) =>
      reduceNumbers(pixels, MEAN, countPadding ? positions : pixels.length),
  }),
  max_pool: pool({
    doc: "y[n,c,p] = max of x[n,c,·] over the pixels of window p",
    source: "https://onnx.ai/onnx/operators/onnx__MaxPool.html",
    attributes,
    precision: "half",
    reduce: (pixels) => reduceNumbers(pixels, MAXIMUM),
  }),
  global_avg_pool: globalPool({
    onnx: { operator: "GlobalAveragePool" },
    doc: "[N, C, H, W] to [N, C, 1, 1], [N, C, L] to [N, C, 1]: the mean of each channel",
    precision: { float32: "the sum over a map of 112x112 overflows, or no longer changes by what is added" },
    reduction: MEAN,
  }),
  global_max_pool: globalPool({
    onnx: { operator: "GlobalMaxPool" },
    doc: "[N, C, H, W] to [N, C, 1, 1], [N, C, L] to [N, C, 1]: the maximum of each channel",
    precision: "half",
    reduction: MAXIMUM,
  }),
};
