import type { Value } from "../../ir/graph.js";
import { windowOutputs } from "../../ir/ops/window.js";
import { elementCount } from "../../ir/types.js";
import type { GradientRules } from "../rule.js";
import { sizesOf, type ValueMath } from "../value-math.js";

interface Window {
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
}

/** For each window, how many of its places are pixels of a map of those sizes; [1, 1, rows, columns]. */
function pixelCounts(sizes: readonly number[], window: Window, math: ValueMath): Value {
  const [rows = [], columns = []] = sizes.map((size, axis) => pixelsAlong(size, axis as 0 | 1, window));
  return math.numbers(
    [1, 1, rows.length, columns.length],
    rows.flatMap((row) => columns.map((column) => row * column)),
  );
}

function pixelsAlong(size: number, axis: 0 | 1, { kernel, strides, pads }: Window): readonly number[] {
  const [before, after] = [pads[axis], pads[axis === 0 ? 2 : 3]];
  const outputs = windowOutputs(size, kernel[axis], { stride: strides[axis], dilation: 1, before, after });
  return Array.from({ length: outputs }, (_, output) => {
    const start = output * strides[axis] - before;
    return Math.min(start + kernel[axis], size) - Math.max(start, 0);
  });
}

/** Each window's number at its pixels, times a weight for each tap, and summed; a channel [C, 1, h, w] of `taps` each. */
function spread(
  numbers: Value,
  taps: Value,
  x: Value,
  { kernel, strides, pads }: Window,
  math: ValueMath,
): Value {
  const [sizes, outputs] = [sizesOf(x).slice(2), sizesOf(numbers).slice(2)];
  const outputPadding = sizes.map((size, i) => {
    const axis = i as 0 | 1;
    const covered = ((outputs[i] ?? 1) - 1) * strides[axis] + kernel[axis];
    return size - (covered - pads[axis] - pads[axis === 0 ? 2 : 3]);
  }) as [number, number];
  const group = sizesOf(x)[1] ?? 1;
  return math.op("conv_transpose", [numbers, taps], {
    ...{ strides: [...strides], pads: [...pads], outputPadding, group },
  });
}

/** Derivatives of pools over windows. */
export const poolRules = {
  avg_pool: ({ operands: { x }, attributes, dy, math, give }) =>
    give(x, () => {
      const [, channels = 1, ...sizes] = sizesOf(x);
      const counts = attributes.countPadding
        ? math.number(elementCount(attributes.kernel))
        : pixelCounts(sizes, attributes, math);
      const taps = math.numbers([channels, 1, ...attributes.kernel], 1);
      return spread(math.over(dy, counts), taps, x, attributes, math);
    }),
  max_pool: ({ operands: { x }, attributes, y, dy, math, give }) =>
    give(x, () => {
      const [, channels = 1, ...sizes] = sizesOf(x);
      const { kernel, strides, pads } = attributes;
      const area = elementCount(kernel);
      const taps = Array.from({ length: area }, (_, tap) => {
        const only = Array.from({ length: channels * area }, (_, i) => Number(i % area === tap));
        return math.numbers([channels, 1, ...kernel], only);
      });
      // What a tap reads of each window, whether that is a pixel, and whether it is the largest one.
      const isLargest = taps.map((one) => {
        const read = math.op("conv", [x, one], { strides, pads, group: channels });
        const ones = math.numbers([1, channels, ...sizes], 1);
        const isPixel = math.op("conv", [ones, one], { strides, pads, group: channels });
        return math.times(isPixel, math.reaches(read, y));
      });
      const share = math.over(
        dy,
        isLargest.reduce((sum, each) => math.plus(sum, each)),
      );
      return taps
        .map((one, tap) => spread(math.times(share, isLargest[tap] ?? share), one, x, attributes, math))
        .reduce((sum, each) => math.plus(sum, each));
    }),
} as const satisfies GradientRules;
