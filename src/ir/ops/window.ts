import * as z from "zod";
import { defineOp, type OpDefinition, type Precision } from "../op.js";
import { nchw, operandAt, zeros } from "../tensor.js";
import { featureMap, refuse, tensorType } from "../types.js";

const positive = z.int().min(1);
const padding = z.int().min(0);

/** Places added at the top, left, bottom and right of a map. */
export const padsAttribute = z.tuple([padding, padding, padding, padding]).default([0, 0, 0, 0]);

/** How a window moves along one axis. */
export interface WindowAxis {
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** The number of places that a window takes along an axis: those at which it lies inside the padded map. */
export function windowOutputs(
  size: number,
  kernel: number,
  { stride, dilation, before, after }: WindowAxis,
): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}

/** The attributes of every pooling. */
export const poolAttributes = z.strictObject({
  kernel: z.tuple([positive, positive]),
  strides: z.tuple([positive, positive]).default([1, 1]),
  /** Places at the top, left, bottom and right that belong to no pixel: a window takes what it has of the map. */
  pads: padsAttribute,
});

/**
 * An op that makes one number of each window of a map, channel by channel. Padding is no pixel: what it covers is
 * left out, so a maximum may be below zero and a mean is over the pixels that there are.
 */
export function definePool<const N extends string, A extends typeof poolAttributes>(op: {
  name: N;
  doc: string;
  source: string;
  attributes: A;
  precision: Precision;
  /** The number that a window becomes; it has at least one pixel. */
  reduce(pixels: readonly number[], attributes: z.output<A>): number;
}): OpDefinition<N, A> {
  return defineOp({
    name: op.name,
    level: "primitive",
    precision: op.precision,
    doc: op.doc,
    source: op.source,
    operands: ["x"],
    attributes: op.attributes,
    infer([x], { kernel, strides, pads }) {
      const [n, channels, ...sizes] = featureMap(x, "x");
      const outputs = ([0, 1] as const).map((axis) => {
        const [before, after] = [pads[axis], pads[axis + 2] as number];
        // A window that lies in the padding alone would have no pixel to take.
        if (Math.max(before, after) >= kernel[axis]) {
          refuse(`pads of ${before} and ${after} hold a whole window of ${kernel[axis]}`);
        }
        const count = windowOutputs(sizes[axis] as number, kernel[axis], {
          stride: strides[axis],
          dilation: 1,
          before,
          after,
        });
        return count >= 1
          ? count
          : refuse(`a map of ${sizes.join("x")} is too small for ${kernel.join("x")}`);
      });
      return [tensorType([n, channels, ...outputs], x?.dtype)];
    },
    evaluate(operands, attributes) {
      const { kernel, strides, pads } = attributes;
      const x = operandAt(operands, 0);
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
        y.data[i] = op.reduce(pixels, attributes);
      }
      return [y];
    },
  });
}

/** The places of a window from `start` on that lie inside of an axis. */
function inside(start: number, kernel: number, size: number): readonly number[] {
  const first = Math.max(0, start);
  return Array.from({ length: Math.max(0, Math.min(size, start + kernel) - first) }, (_, i) => first + i);
}
