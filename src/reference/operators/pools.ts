import type { Tensor } from "../../ir/tensor.js";
import { elementCount, refuse } from "../../ir/types.js";
import { type Evaluator, filled, type OperatorNode, positionOf, stridesOf } from "./node.js";
import { tapsOf, windowOf } from "./windows.js";

// Windows and whole maps that become one number, over any number of spatial axes: https://onnx.ai/onnx/operators/

interface PoolWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly outputs: readonly number[];
}

function poolWindow(node: OperatorNode, x: Tensor): PoolWindow {
  const kernel = node.numbers("kernel_shape") ?? refuse("its kernel_shape is missing");
  const { strides, dilations, pads } = windowOf(node, x, kernel);
  const isCeiled = node.number("ceil_mode", 0) === 1;
  const axes = kernel.length;
  const outputs = kernel.map((taps, i) => {
    const [size, before, after] = [x.dims[i + 2] ?? 1, pads[i] ?? 0, pads[i + axes] ?? 0];
    const stride = strides[i] ?? 1;
    const room = size + before + after - (taps - 1) * (dilations[i] ?? 1) - 1;
    const count = (isCeiled ? Math.ceil : Math.floor)(room / stride) + 1;
    // A window must begin in the map or in what is before it.
    return isCeiled && (count - 1) * stride >= size + before ? count - 1 : count;
  });
  return { kernel, strides, dilations, before: pads.slice(0, axes), after: pads.slice(axes), outputs };
}

/** What becomes of the numbers in a window, and of how many there would be with the padding. */
function pooled(
  x: Tensor,
  { kernel, strides, dilations, before, after, outputs }: PoolWindow,
  combine: (numbers: readonly number[], padded: number) => number,
): Tensor {
  const [batch = 1, channels = 1, ...sides] = x.dims;
  const strideOf = stridesOf(x.dims);
  const taps = tapsOf(kernel);
  return filled([batch, channels, ...outputs], ([image = 0, channel = 0, ...at]) => {
    const numbers: number[] = [];
    let padded = 0;
    for (const tap of taps) {
      const from = tap.map(
        (k, i) => (at[i] ?? 0) * (strides[i] ?? 1) + k * (dilations[i] ?? 1) - (before[i] ?? 0),
      );
      const isPadded = from.every((position, i) => position < (sides[i] ?? 0) + (after[i] ?? 0));
      if (isPadded) padded++;
      if (from.every((position, i) => position >= 0 && position < (sides[i] ?? 0)))
        numbers.push(x.data[positionOf([image, channel, ...from], strideOf)] ?? 0);
    }
    return combine(numbers, padded);
  });
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, x) => sum + x, 0);

const maxPool: Evaluator = (node) => {
  const x = node.input(0);
  const most = (numbers: readonly number[]): number =>
    numbers.reduce((max, each) => Math.max(max, each), Number.NEGATIVE_INFINITY);
  return [pooled(x, poolWindow(node, x), most)];
};

const averagePool: Evaluator = (node) => {
  const x = node.input(0);
  const countsPads = node.number("count_include_pad", 0) === 1;
  return [
    pooled(
      x,
      poolWindow(node, x),
      (numbers, padded) => sumOf(numbers) / (countsPads ? padded : numbers.length),
    ),
  ];
};

const overMap =
  (combine: (numbers: readonly number[]) => number): Evaluator =>
  (node) => {
    const x = node.input(0);
    const [batch = 1, channels = 1, ...sides] = x.dims;
    const size = elementCount(sides);
    return [
      filled([batch, channels, ...sides.map(() => 1)], (_, plane) =>
        combine([...x.data.subarray(plane * size, (plane + 1) * size)]),
      ),
    ];
  };

export const pools: Readonly<Record<string, Evaluator>> = {
  AveragePool: averagePool,
  GlobalAveragePool: overMap((numbers) => sumOf(numbers) / numbers.length),
  GlobalMaxPool: overMap((numbers) => numbers.reduce((max, x) => Math.max(max, x), Number.NEGATIVE_INFINITY)),
  MaxPool: maxPool,
};
