import { type PoolWindow, pooled } from "../../ir/ops/pools.js";
import {
  MAXIMUM,
  MEAN,
  type Reduction,
  reduceNumbers,
  reduceTensor,
  spatialAxes,
} from "../../ir/ops/reductions.js";
import type { Tensor } from "../../ir/tensor.js";
import { refuse } from "../../ir/types.js";
import type { Evaluator, OperatorNode } from "./node.js";
import { windowOf } from "./windows.js";

// Windows and whole maps that become one number, over any number of spatial axes: https://onnx.ai/onnx/operators/

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

const maxPool: Evaluator = (node) => {
  const x = node.input(0);
  return [pooled(x, poolWindow(node, x), (pixels) => reduceNumbers(pixels, MAXIMUM))];
};

/** The means of the windows of a node over a map. */
export function averageOfWindows(node: OperatorNode, x: Tensor): Tensor {
  const countsPads = node.number("count_include_pad", 0) === 1;
  const mean = (pixels: readonly number[], positions: number): number =>
    reduceNumbers(pixels, MEAN, countsPads ? positions : pixels.length);
  return pooled(x, poolWindow(node, x), mean);
}

const overMap =
  (reduction: Reduction): Evaluator =>
  (node) => {
    const x = node.input(0);
    return [reduceTensor(x, spatialAxes(x), reduction)];
  };

export const pools: Readonly<Record<string, Evaluator>> = {
  AveragePool: (node) => [averageOfWindows(node, node.input(0))],
  GlobalAveragePool: overMap(MEAN),
  GlobalMaxPool: overMap(MAXIMUM),
  MaxPool: maxPool,
};
