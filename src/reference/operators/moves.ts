import { broadcastDims, broadcastTensor, readInSteps } from "../../ir/ops/broadcast.js";
import { reshapedDims } from "../../ir/ops/shapes.js";
import type { Tensor } from "../../ir/tensor.js";
import { elementCount, refuse, stridesOf } from "../../ir/types.js";
import { aroundAxis, axisFrom, type Evaluator, filled, positionOf, tensorOf } from "./node.js";

// Operators that put elements elsewhere, and those that say or make sizes: https://onnx.ai/onnx/operators/

const slice: Evaluator = (node) => {
  const x = node.input(0);
  const starts = node.integers(1, "starts") ?? refuse("its starts are missing");
  const ends = node.integers(2, "ends") ?? refuse("its ends are missing");
  const axes = node.integers(3, "axes") ?? starts.map((_, i) => i);
  const steps = node.integers(4, "steps") ?? starts.map(() => 1);
  const ranges = x.dims.map((size) => ({ start: 0, step: 1, count: size }));
  axes.forEach((given, i) => {
    const axis = axisFrom(given, x.dims.length);
    ranges[axis] = rangeOf(x.dims[axis] ?? 0, starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1);
  });
  const strides = stridesOf(x.dims);
  const first = positionOf(
    ranges.map(({ start }) => start),
    strides,
  );
  const jumps = ranges.map(({ step }, axis) => step * (strides[axis] ?? 0));
  return [
    filled(
      ranges.map(({ count }) => count),
      (at) => x.data[first + positionOf(at, jumps)] ?? 0,
    ),
  ];
};

/** Which elements of an axis a slice takes: negative positions count from the end, and those outside are at the ends. */
function rangeOf(size: number, from: number, to: number, step: number) {
  const within = (at: number, least: number, most: number): number =>
    Math.min(Math.max(at < 0 ? at + size : at, least), most);
  const start = step < 0 ? within(from, 0, size - 1) : within(from, 0, size);
  const end = step < 0 ? within(to, -1, size - 1) : within(to, 0, size);
  return { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
}

/** A part of x along an axis. */
function part(x: Tensor, axis: number, start: number, count: number): Tensor {
  const { outer, size, inner } = aroundAxis(x.dims, axis);
  const data = new Float64Array(outer * count * inner);
  for (let row = 0; row < outer; row++) {
    const first = (row * size + start) * inner;
    data.set(x.data.subarray(first, first + count * inner), row * count * inner);
  }
  return { dims: x.dims.map((dim, i) => (i === axis ? count : dim)), data };
}

const split: Evaluator = (node) => {
  const x = node.input(0);
  const axis = axisFrom(node.number("axis", 0), x.dims.length);
  const size = x.dims[axis] ?? 0;
  // Outputs without a name count as well.
  const count = node.number("num_outputs", (node.slots.at(-1) ?? 0) + 1);
  const length = Math.ceil(size / count);
  const sizes =
    node.integers(1, "split") ?? Array.from({ length: count }, (_, i) => Math.min(length, size - i * length));
  let start = 0;
  return sizes.map((count) => {
    start += count;
    return part(x, axis, start - count, count);
  });
};

const concat: Evaluator = (node) => [joined(node.inputs, node.number("axis", 1))];

/** Tensors one after the other along an axis, which may be counted from the end. */
export function joined(tensors: readonly Tensor[], along: number): Tensor {
  const [first] = tensors;
  if (first === undefined) return refuse("it has no input");
  const axis = axisFrom(along, first.dims.length);
  const total = tensors.reduce((sum, { dims }) => sum + (dims[axis] ?? 0), 0);
  const { outer, inner } = aroundAxis(first.dims, axis);
  const data = new Float64Array(outer * total * inner);
  let start = 0;
  for (const { dims, data: from } of tensors) {
    const run = (dims[axis] ?? 0) * inner;
    for (let row = 0; row < outer; row++) {
      data.set(from.subarray(row * run, (row + 1) * run), row * total * inner + start);
    }
    start += run;
  }
  return { dims: first.dims.map((dim, i) => (i === axis ? total : dim)), data };
}

const transpose: Evaluator = (node) => {
  const x = node.input(0);
  const permutation = node.numbers("perm") ?? x.dims.map((_, axis) => axis).reverse();
  const along = (sizes: readonly number[]) => permutation.map((axis) => sizes[axis] ?? 1);
  return [readInSteps(x, along(x.dims), along(stridesOf(x.dims)))];
};

const reshape: Evaluator = (node) => {
  const x = node.input(0);
  const shape = node.integers(1, "shape") ?? refuse("its shape is missing");
  if (node.number("allowzero", 0) !== 0 && shape.includes(0)) {
    if (x.data.length > 0 || shape.some((size) => size < 0))
      refuse(`${x.data.length} elements can't have the shape [${shape.join(", ")}]`);
    return [{ dims: shape, data: x.data }];
  }
  return [{ dims: reshapedDims(x.dims, shape) as readonly number[], data: x.data }];
};

const flatten: Evaluator = (node) => {
  const { dims, data } = node.input(0);
  const axis = node.number("axis", 1);
  const at = axis < 0 ? axis + dims.length : axis;
  return [{ dims: [elementCount(dims.slice(0, at)), elementCount(dims.slice(at))], data }];
};

const squeeze: Evaluator = (node) => {
  const { dims, data } = node.input(0);
  const axes = node.integers(1, "axes")?.map((axis) => axisFrom(axis, dims.length));
  return [{ dims: dims.filter((size, axis) => (axes ? !axes.includes(axis) : size !== 1)), data }];
};

const unsqueeze: Evaluator = (node) => {
  const { dims, data } = node.input(0);
  const given = node.integers(1, "axes") ?? refuse("its axes are missing");
  const rank = dims.length + given.length;
  const axes = given.map((axis) => axisFrom(axis, rank));
  const rest = [...dims];
  return [
    {
      dims: Array.from({ length: rank }, (_, axis) => (axes.includes(axis) ? 1 : (rest.shift() ?? 1))),
      data,
    },
  ];
};

const expand: Evaluator = (node) => {
  const x = node.input(0);
  const dims = broadcastDims(x.dims, [...node.input(1).data]) as readonly number[];
  return [broadcastTensor(x, dims)];
};

const tile: Evaluator = (node) => {
  const x = node.input(0);
  const strides = stridesOf(x.dims);
  const dims = x.dims.map((size, axis) => size * (node.input(1).data[axis] ?? 1));
  return [
    filled(
      dims,
      (at) =>
        x.data[
          positionOf(
            at.map((i, axis) => i % (x.dims[axis] ?? 1)),
            strides,
          )
        ] ?? 0,
    ),
  ];
};

/** Where the element at a position beside an axis is taken from; undefined for a constant. */
const BESIDE: Readonly<Record<string, (at: number, size: number) => number | undefined>> = {
  constant: () => undefined,
  edge: (at, size) => Math.min(Math.max(at, 0), size - 1),
  reflect: (at, size) => {
    if (size === 1) return 0;
    const period = 2 * (size - 1);
    const inside = ((at % period) + period) % period;
    return inside < size ? inside : period - inside;
  },
  wrap: (at, size) => ((at % size) + size) % size,
};

const pad: Evaluator = (node) => {
  const x = node.input(0);
  const mode = node.string("mode", "constant");
  const beside = BESIDE[mode] ?? refuse(`mode ${mode} is not known`);
  const counts = node.integers(1, "pads") ?? node.numbers("paddings") ?? refuse("its pads are missing");
  const axes = (node.optional(3)?.data ? [...(node.optional(3)?.data ?? [])] : x.dims.map((_, i) => i)).map(
    (axis) => axisFrom(axis, x.dims.length),
  );
  const value = node.optional(2)?.data[0] ?? node.number("value", 0);
  const before = x.dims.map(() => 0);
  const dims = [...x.dims];
  axes.forEach((axis, i) => {
    before[axis] = counts[i] ?? 0;
    dims[axis] = (dims[axis] ?? 0) + (counts[i] ?? 0) + (counts[i + axes.length] ?? 0);
  });
  const strides = stridesOf(x.dims);
  return [
    filled(dims, (at) => {
      let position = 0;
      for (const [axis, size] of x.dims.entries()) {
        const from = (at[axis] ?? 0) - (before[axis] ?? 0);
        const source = from >= 0 && from < size ? from : beside(from, size);
        if (source === undefined) return value;
        position += source * (strides[axis] ?? 0);
      }
      return x.data[position] ?? 0;
    }),
  ];
};

const depthToSpace: Evaluator = (node) => {
  const x = node.input(0);
  const [n = 1, c = 1, h = 1, w = 1] = x.dims;
  const b = node.number("blocksize", 1);
  const isCrd = node.string("mode", "DCR") === "CRD";
  const strides = stridesOf(x.dims);
  const channels = c / (b * b);
  return [
    filled([n, channels, h * b, w * b], ([image = 0, channel = 0, row = 0, column = 0]) => {
      const block = (row % b) * b + (column % b);
      const from = isCrd ? channel * b * b + block : block * channels + channel;
      return x.data[positionOf([image, from, Math.floor(row / b), Math.floor(column / b)], strides)] ?? 0;
    }),
  ];
};

const spaceToDepth: Evaluator = (node) => {
  const x = node.input(0);
  const [n = 1, c = 1, h = 1, w = 1] = x.dims;
  const b = node.number("blocksize", 1);
  const strides = stridesOf(x.dims);
  return [
    filled([n, c * b * b, h / b, w / b], ([image = 0, channel = 0, row = 0, column = 0]) => {
      const block = Math.floor(channel / c);
      const at = [image, channel % c, row * b + Math.floor(block / b), column * b + (block % b)];
      return x.data[positionOf(at, strides)] ?? 0;
    }),
  ];
};

const constantOfShape: Evaluator = (node) => {
  const dims = [...node.input(0).data];
  const value = node.has("value") ? (node.tensor("value")?.[0] ?? 0) : 0;
  return [{ dims, data: new Float64Array(elementCount(dims)).fill(value) }];
};

const range: Evaluator = (node) => {
  const [start = 0, limit = 0, step = 1] = [0, 1, 2].map((i) => node.input(i).data[0]);
  const count = Math.max(0, Math.ceil((limit - start) / step));
  return [filled([count], (_, i) => start + i * step)];
};

const shape: Evaluator = (node) => {
  const sizes = node
    .input(0)
    .dims.slice(node.number("start", 0), node.has("end") ? node.number("end", 0) : undefined);
  return [tensorOf([sizes.length], sizes)];
};

const dropout: Evaluator = (node) => {
  if (node.optional(2)?.data[0]) return refuse("training is not supported");
  const x = node.input(0);
  return [x, filled(x.dims, () => 1)];
};

const trilu: Evaluator = (node) => {
  const x = node.input(0);
  const k = node.optional(1)?.data[0] ?? 0;
  const isUpper = node.number("upper", 1) === 1;
  return [
    filled(x.dims, (at, i) => {
      const beyond = (at.at(-1) ?? 0) - (at.at(-2) ?? 0) - k;
      return (isUpper ? beyond >= 0 : beyond <= 0) ? (x.data[i] ?? 0) : 0;
    }),
  ];
};

const eyeLike: Evaluator = (node) => {
  const k = node.number("k", 0);
  return [filled(node.input(0).dims, ([row = 0, column = 0]) => Number(column - row === k))];
};

export const moves: Readonly<Record<string, Evaluator>> = {
  Concat: concat,
  ConstantOfShape: constantOfShape,
  DepthToSpace: depthToSpace,
  Dropout: dropout,
  Expand: expand,
  EyeLike: eyeLike,
  Flatten: flatten,
  Pad: pad,
  Range: range,
  Reshape: reshape,
  Shape: shape,
  Size: (node) => [tensorOf([], [elementCount(node.input(0).dims)])],
  Slice: slice,
  SpaceToDepth: spaceToDepth,
  Split: split,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transpose,
  Trilu: trilu,
  Unsqueeze: unsqueeze,
};
