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
import { nchw, zeros } from "../tensor.js";
import { gatedChannels, mapChannels, refuse, tensorType } from "../types.js";
import { MAXIMUM, MEAN, type Reduction, reduceTensor, spatialAxes } from "./reductions.js";
import { padsAttribute, type WindowAxis, windowOutputs } from "./window.js";

type OfMap = { readonly x: Operand<"one"> };

const positive = z.int().min(1);

/** The attributes of every pooling. */
const attributes = z.strictObject({
  kernel: z.tuple([positive, positive]),
  strides: z.tuple([positive, positive]).default([1, 1]),
  /** Positions at the top, left, bottom and right that belong to no pixel: a window takes what it has of the map. */
  pads: padsAttribute,
});

/**
 * An op that makes one number of each window of a map, channel by channel. Padding is no pixel: what it covers is
 * left out, so a maximum may be below zero and a mean is over the pixels that there are.
 */
function pool<A extends typeof attributes>(op: {
  readonly doc: string;
  readonly source: string;
  readonly attributes: A;
  readonly precision: Precision;
  /** The number that a window becomes; it has at least one pixel. */
  reduce(pixels: readonly number[], attributes: z.output<A>): number;
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
      const [n, channels, height, width] = nchw(x);
      const axis = (i: 0 | 1): WindowAxis => ({
        stride: strides[i],
        dilation: 1,
        before: pads[i],
        after: pads[i + 2] as number,
      });
      const rows = windowOutputs(height, kernel[0], axis(0));
      const columns = windowOutputs(width, kernel[1], axis(1));
      const y = zeros([n, channels, rows, columns], x);
      for (let i = 0; i < y.data.length; i++) {
        const column = i % columns;
        const row = Math.floor(i / columns) % rows;
        const plane = Math.floor(i / (rows * columns)) * height * width;
        const pixels: number[] = [];
        for (const h of inside(row * strides[0] - pads[0], kernel[0], height)) {
          for (const w of inside(column * strides[1] - pads[1], kernel[1], width)) {
            pixels.push(x.data[plane + h * width + w] as number);
          }
        }
        y.data[i] = reduce(pixels, given);
      }
      return y;
    },
  });
}

/** The positions of a window from `start` on that lie inside of an axis. */
function inside(start: number, kernel: number, size: number): readonly number[] {
  const first = Math.max(0, start);
  return Array.from({ length: Math.max(0, Math.min(size, start + kernel) - first) }, (_, i) => first + i);
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
    attributes: attributes.extend({
      /** Whether the padding counts as zeros: ONNX's count_include_pad. */
      countPadding: z.boolean().default(false),
    }),
    reduce(pixels, { kernel, countPadding }) {
      const positions = countPadding ? kernel[0] * kernel[1] : pixels.length;
      return pixels.reduce((sum, each) => sum + each, 0) / positions;
    },
  }),
  max_pool: pool({
    doc: "y[n,c,p] = max of x[n,c,·] over the pixels of window p",
    source: "https://onnx.ai/onnx/operators/onnx__MaxPool.html",
    attributes,
    precision: "half",
    reduce: (pixels) => pixels.reduce((most, each) => Math.max(most, each), Number.NEGATIVE_INFINITY),
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
