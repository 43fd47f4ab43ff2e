import { convolutions } from "../../ir/ops/convolutions.js";
import { convTransposed } from "../../ir/ops/transposed-convolutions.js";
import { tapsOf } from "../../ir/ops/window.js";
import type { Tensor } from "../../ir/tensor.js";
import { elementCount, refuse, stridesOf } from "../../ir/types.js";
import { type Evaluator, filled, type OperatorNode, positionOf, tensorOf } from "./node.js";

// Convolutions over any number of spatial axes: https://onnx.ai/onnx/operators/

/** How a window moves over spatial axes. */
interface SlidingWindow {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** All before an axis, then all behind. */
  readonly pads: readonly number[];
}

/** The window of a node with a kernel of those sizes. Refuses (`refuse`) one that is larger than the padded map. */
export function windowOf(node: OperatorNode, x: Tensor, kernel: readonly number[]): SlidingWindow {
  const found = anyWindowOf(node, x, kernel);
  const sizes = x.dims.slice(2);
  const isTooLarge = kernel.some((taps, axis) => {
    const padding = (found.pads[axis] ?? 0) + (found.pads[axis + kernel.length] ?? 0);
    return (taps - 1) * (found.dilations[axis] ?? 1) + 1 > (sizes[axis] ?? 1) + padding;
  });
  return isTooLarge
    ? refuse(`a map of ${sizes.join("x")} is too small for a ${kernel.join("x")} kernel`)
    : found;
}

function anyWindowOf(node: OperatorNode, x: Tensor, kernel: readonly number[]): SlidingWindow {
  const spatial = kernel.length;
  const all = (name: string): readonly number[] => node.numbers(name) ?? kernel.map(() => 1);
  const [strides, dilations] = [all("strides"), all("dilations")];
  const autoPad = node.string("auto_pad", "NOTSET");
  if (!autoPad.startsWith("SAME_")) {
    return { strides, dilations, pads: node.numbers("pads") ?? new Array<number>(2 * spatial).fill(0) };
  }
  const totals = kernel.map((taps, axis) => {
    const [size, stride] = [x.dims[axis + 2] ?? 1, strides[axis] ?? 1];
    const reach = (taps - 1) * (dilations[axis] ?? 1) + 1;
    return Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
  });
  const [less, more] = [
    totals.map((total) => Math.floor(total / 2)),
    totals.map((total) => Math.ceil(total / 2)),
  ];
  return { strides, dilations, pads: autoPad === "SAME_UPPER" ? [...less, ...more] : [...more, ...less] };
}

/** y = conv(x, weight) + bias with the attributes of a node. */
export function convolved(node: OperatorNode, x: Tensor, weight: Tensor, bias?: Tensor): Tensor {
  const kernel = weight.dims.slice(2);
  const { strides, dilations, pads } = windowOf(node, x, kernel);
  const group = node.number("group", 1);
  const operands = { x, weight, bias };
  if (kernel.length === 1) {
    const { conv_1d: conv } = convolutions;
    const attributes = { stride: strides[0], pads: [pads[0], pads[1]], dilation: dilations[0], group };
    return conv.evaluate(operands, conv.attributes.parse(attributes));
  }
  if (kernel.length !== 2) return convolvedAnywhere(operands, { strides, dilations, pads }, group);
  const { conv } = convolutions;
  return conv.evaluate(operands, conv.attributes.parse({ strides, dilations, pads, group }));
}

/** The same over any number of axes, element by element. */
function convolvedAnywhere(
  { x, weight, bias }: { readonly x: Tensor; readonly weight: Tensor; readonly bias?: Tensor | undefined },
  { strides, dilations, pads }: SlidingWindow,
  group: number,
): Tensor {
  const [batch = 1, , ...sides] = x.dims;
  const [outputs = 1, perGroup = 1, ...kernel] = weight.dims;
  const sizes = sides.map((size, i) => {
    const room =
      size +
      (pads[i] ?? 0) +
      (pads[i + sides.length] ?? 0) -
      ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) -
      1;
    return Math.floor(room / (strides[i] ?? 1)) + 1;
  });
  const [toX, toW] = [stridesOf(x.dims), stridesOf(weight.dims)];
  const taps = tapsOf(kernel);
  return filled([batch, outputs, ...sizes], ([image = 0, o = 0, ...at]) => {
    const first = Math.floor(o / (outputs / group)) * perGroup;
    let sum = bias?.data[o] ?? 0;
    for (const tap of taps) {
      const from = tap.map(
        (k, i) => (at[i] ?? 0) * (strides[i] ?? 1) + k * (dilations[i] ?? 1) - (pads[i] ?? 0),
      );
      if (from.some((position, i) => position < 0 || position >= (sides[i] ?? 0))) continue;
      for (let c = 0; c < perGroup; c++) {
        const [a, b] = [positionOf([image, first + c, ...from], toX), positionOf([o, c, ...tap], toW)];
        sum += (x.data[a] ?? 0) * (weight.data[b] ?? 0);
      }
    }
    return sum;
  });
}

const conv: Evaluator = (node) => [convolved(node, node.input(0), node.input(1), node.optional(2))];

const convTranspose: Evaluator = (node) => {
  const [x, weight, bias] = [node.input(0), node.input(1), node.optional(2)];
  const [sides, kernel] = [x.dims.slice(2), weight.dims.slice(2)];
  const all = (name: string, absent: number): readonly number[] =>
    node.numbers(name) ?? kernel.map(() => absent);
  const [strides, dilations] = [all("strides", 1), all("dilations", 1)];
  const added = all("output_padding", 0);
  const full = sides.map(
    (size, i) =>
      (size - 1) * (strides[i] ?? 1) + ((kernel[i] ?? 1) - 1) * (dilations[i] ?? 1) + 1 + (added[i] ?? 0),
  );
  const window = { strides, dilations, ...transposedPads(node, full, sides, strides) };
  return [convTransposed({ x, weight, bias }, window, node.number("group", 1))];
};

/** What is cut off before each axis of a transposed convolution, and what is left. */
function transposedPads(
  node: OperatorNode,
  full: readonly number[],
  sides: readonly number[],
  strides: readonly number[],
): { readonly before: readonly number[]; readonly outputs: readonly number[] } {
  const autoPad = node.string("auto_pad", "NOTSET");
  const same = autoPad.startsWith("SAME_") ? sides.map((size, i) => size * (strides[i] ?? 1)) : undefined;
  const outputs = node.numbers("output_shape")?.slice(-full.length) ?? same;
  if (outputs === undefined) {
    const pads = node.numbers("pads") ?? new Array<number>(2 * full.length).fill(0);
    const cut = (i: number): number => (pads[i] ?? 0) + (pads[i + full.length] ?? 0);
    return { before: pads, outputs: full.map((size, i) => size - cut(i)) };
  }
  const totals = full.map((size, i) => Math.max(0, size - (outputs[i] ?? size)));
  // Of an odd number the larger half is cut off behind only for SAME_UPPER.
  const half = autoPad === "SAME_UPPER" ? Math.floor : Math.ceil;
  return { before: totals.map((total) => half(total / 2)), outputs };
}

const convInteger: Evaluator = (node) => {
  const centred = (index: number, zero: number): Tensor => {
    const { dims, data } = node.input(index);
    const zeros = node.optional(zero)?.data ?? [0];
    const inner = elementCount(dims.slice(1));
    return tensorOf(
      dims,
      Float64Array.from(data, (x, i) => x - (zeros[zeros.length === 1 ? 0 : Math.floor(i / inner)] ?? 0)),
    );
  };
  return [convolved(node, centred(0, 2), centred(1, 3))];
};

export const windows: Readonly<Record<string, Evaluator>> = {
  Conv: conv,
  ConvInteger: convInteger,
  ConvTranspose: convTranspose,
};
