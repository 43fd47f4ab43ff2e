import { combineTensors } from "../../ir/ops/broadcast.js";
import { MEAN, reduceTensor } from "../../ir/ops/reductions.js";
import type { Tensor } from "../../ir/tensor.js";
import { elementCount, refuse } from "../../ir/types.js";
import { axisFrom, type Evaluator, type OperatorNode, tensorOf } from "./node.js";

// Normalisations and softmax in the forms that no op of the IR has: https://onnx.ai/onnx/operators/

const EPSILON = 1e-5;

const batchNorm: Evaluator = (node) => {
  if (node.number("training_mode", 0) !== 0) return trainedNorm(node);
  if (node.number("spatial", 1) !== 1) refuse("statistics of each position are not supported");
  const x = node.input(0);
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((index) => node.input(index).data);
  const epsilon = node.number("epsilon", EPSILON);
  const size = elementCount(x.dims.slice(2));
  const normalized = Float64Array.from(x.data, (each, i) => {
    const c = Math.floor(i / size) % (x.dims[1] ?? 1);
    const deviation = Math.sqrt((variance?.[c] ?? 1) + epsilon);
    return ((each - (mean?.[c] ?? 0)) / deviation) * (scale?.[c] ?? 1) + (shift?.[c] ?? 0);
  });
  return [tensorOf(x.dims, normalized)];
};

/** With the statistics of the batch itself, and the running ones moved towards them. */
function trainedNorm(node: OperatorNode): readonly Tensor[] {
  const x = node.input(0);
  const numbers = Float64Array.from(x.data);
  const [scale, shift, mean, variance] = [1, 2, 3, 4].map((index) => node.input(index));
  const [epsilon, momentum] = [node.number("epsilon", EPSILON), node.number("momentum", 0.9)];
  const channels = x.dims[1] ?? 1;
  const inner = elementCount(x.dims.slice(2));
  const channelOf = (i: number): number => Math.floor(i / inner) % channels;
  const count = x.data.length / channels;
  const [means, variances] = [new Float64Array(channels), new Float64Array(channels)];
  for (const [i, each] of numbers.entries()) {
    const c = channelOf(i);
    means[c] = (means[c] ?? 0) + each / count;
  }
  for (const [i, each] of numbers.entries()) {
    const c = channelOf(i);
    variances[c] = (variances[c] ?? 0) + (each - (means[c] ?? 0)) ** 2 / count;
  }
  const normalized = numbers.map((each, i) => {
    const c = channelOf(i);
    const deviation = Math.sqrt((variances[c] ?? 1) + epsilon);
    return ((each - (means[c] ?? 0)) / deviation) * (scale?.data[c] ?? 1) + (shift?.data[c] ?? 0);
  });
  const moved = (running: Tensor | undefined, own: Float64Array): Tensor =>
    tensorOf(
      [channels],
      own.map((each, c) => momentum * (running?.data[c] ?? 0) + (1 - momentum) * each),
    );
  return [tensorOf(x.dims, normalized), moved(mean, means), moved(variance, variances)];
}

/** Numbers that lie together, without their mean and divided by their deviation. */
function standardized(numbers: ArrayLike<number>, epsilon: number): Float64Array {
  const all = Float64Array.from(numbers);
  const mean = all.reduce((sum, x) => sum + x, 0) / all.length;
  const variance = all.reduce((sum, x) => sum + (x - mean) ** 2, 0) / all.length;
  return all.map((x) => (x - mean) / Math.sqrt(variance + epsilon));
}

const instanceNorm: Evaluator = (node) => {
  const x = node.input(0);
  const [scale, shift] = [node.input(1).data, node.input(2).data];
  const size = elementCount(x.dims.slice(2));
  const data = new Float64Array(x.data.length);
  for (let plane = 0; plane * size < data.length; plane++) {
    const c = plane % (x.dims[1] ?? 1);
    const numbers = standardized(
      x.data.subarray(plane * size, (plane + 1) * size),
      node.number("epsilon", EPSILON),
    );
    data.set(
      numbers.map((each) => each * (scale[c] ?? 1) + (shift[c] ?? 0)),
      plane * size,
    );
  }
  return [tensorOf(x.dims, data)];
};

/** With the mean and the inverse deviation of each row: https://onnx.ai/onnx/operators/onnx__LayerNormalization.html */
const layerNorm: Evaluator = (node) => {
  const x = node.input(0);
  const [scale, shift] = [node.input(1), node.optional(2)];
  const axis = axisFrom(node.number("axis", -1), x.dims.length);
  const epsilon = node.number("epsilon", EPSILON);
  const size = elementCount(x.dims.slice(axis));
  const rows = x.data.length / size;
  const data = new Float64Array(x.data.length);
  const [means, inverses] = [new Float64Array(rows), new Float64Array(rows)];
  const [factors, shifts] = [scale, shift].map((each) => each && repeated(each, x.dims));
  for (let row = 0; row < rows; row++) {
    const numbers = x.data.subarray(row * size, (row + 1) * size);
    const mean = numbers.reduce((sum, each) => sum + each, 0) / size;
    const variance = numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0) / size;
    means[row] = mean;
    inverses[row] = 1 / Math.sqrt(variance + epsilon);
    for (let i = row * size; i < (row + 1) * size; i++) {
      const normalized = ((x.data[i] ?? 0) - mean) / Math.sqrt(variance + epsilon);
      data[i] = normalized * (factors?.(i) ?? 1) + (shifts?.(i) ?? 0);
    }
  }
  const rowDims = x.dims.map((dim, i) => (i < axis ? dim : 1));
  return [tensorOf(x.dims, data), tensorOf(rowDims, means), tensorOf(rowDims, inverses)];
};

/** What an element of a tensor of some sizes reads of one that is repeated to them along leading axes and axes of size 1. */
function repeated({ dims, data }: Tensor, over: readonly number[]): (index: number) => number {
  const own = [...new Array<number>(over.length - dims.length).fill(1), ...dims];
  return (index) => {
    let [rest, at, stride] = [index, 0, 1];
    for (let axis = over.length - 1; axis >= 0; axis--) {
      const [size = 1, given = 1] = [over[axis], own[axis]];
      if (given !== 1) at += (rest % size) * stride;
      stride *= given;
      rest = Math.floor(rest / size);
    }
    return data[at] ?? 0;
  };
}

/** Over neighbouring channels: https://onnx.ai/onnx/operators/onnx__LRN.html */
const localResponseNorm: Evaluator = (node) => {
  const x = node.input(0);
  const size = node.number("size", 1);
  const [alpha, beta, bias] = [node.number("alpha", 1e-4), node.number("beta", 0.75), node.number("bias", 1)];
  const channels = x.dims[1] ?? 1;
  const inner = elementCount(x.dims.slice(2));
  const [before, after] = [Math.floor((size - 1) / 2), Math.ceil((size - 1) / 2)];
  const data = Float64Array.from(x.data, (each, i) => {
    const channel = Math.floor(i / inner) % channels;
    let squares = 0;
    for (let c = Math.max(0, channel - before); c <= Math.min(channels - 1, channel + after); c++)
      squares += (x.data[i + (c - channel) * inner] ?? 0) ** 2;
    return each / (bias + (alpha / size) * squares) ** beta;
  });
  return [tensorOf(x.dims, data)];
};

/** A function of the numbers along an axis; before opset 13 of those from an axis on, which is the same where it is the last. */
const along =
  (apply: (numbers: Float64Array) => Float64Array): Evaluator =>
  (node) => {
    const x = node.input(0);
    const axis = axisFrom(node.number("axis", -1), x.dims.length);
    const size = x.dims[axis] ?? 1;
    const inner = elementCount(x.dims.slice(axis + 1));
    const data = new Float64Array(x.data.length);
    for (let row = 0; row < data.length / size; row++) {
      const start = Math.floor(row / inner) * size * inner + (row % inner);
      const numbers = apply(Float64Array.from({ length: size }, (_, i) => x.data[start + i * inner] ?? 0));
      numbers.forEach((each, i) => {
        data[start + i * inner] = each;
      });
    }
    return [tensorOf(x.dims, data)];
  };

/** Without the mean over some axes, and divided by the deviation, with ε beside that. */
const meanVarianceNorm: Evaluator = (node) => {
  const x = node.input(0);
  const axes = (node.numbers("axes") ?? [0, 2, 3]).map((axis) => axisFrom(axis, x.dims.length));
  const mean = reduceTensor(x, axes, MEAN);
  const centred = combineTensors(x, mean, (a, b) => a - b);
  const squares = tensorOf(
    x.dims,
    centred.data.map((each) => each * each),
  );
  const variance = reduceTensor(squares, axes, MEAN);
  return [combineTensors(centred, variance, (a, b) => a / (Math.sqrt(b) + 1e-9))];
};

const lpNorm: Evaluator = (node: OperatorNode) => {
  const p = node.number("p", 2);
  return along((numbers) => {
    const norm = numbers.reduce((sum, x) => sum + Math.abs(x) ** p, 0) ** (1 / p);
    return norm === 0 ? numbers : numbers.map((x) => x / norm);
  })(node);
};

export const norms: Readonly<Record<string, Evaluator>> = {
  BatchNormalization: batchNorm,
  Hardmax: along((numbers) => {
    const best = numbers.indexOf(numbers.reduce((max, x) => Math.max(max, x), Number.NEGATIVE_INFINITY));
    return numbers.map((_, i) => Number(i === best));
  }),
  InstanceNormalization: instanceNorm,
  LayerNormalization: layerNorm,
  LRN: localResponseNorm,
  LpNormalization: lpNorm,
  MeanVarianceNormalization: meanVarianceNorm,
};
