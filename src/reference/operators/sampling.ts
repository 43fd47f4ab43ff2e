import type { Tensor } from "../../ir/tensor.js";
import { elementCount, refuse, stridesOf } from "../../ir/types.js";
import { roundedToEven } from "./elementwise.js";
import { aroundAxis, axisFrom, type Evaluator, filled, type OperatorNode, tensorOf } from "./node.js";

// Maps that are read between their pixels, along any number of axes: https://onnx.ai/onnx/operators/onnx__Resize.html, onnx__Upsample.html
// and onnx__GridSample.html

/** Pixels of an axis, by position, and their parts of a number between them. Positions may be outside. */
type Taps = readonly (readonly [position: number, part: number])[];

function linearTaps(at: number): Taps {
  const first = Math.floor(at);
  const rest = at - first;
  return [
    [first, 1 - rest],
    [first + 1, rest],
  ];
}

/** Cubic convolution (Keys, 1981), of four pixels. */
function cubicTaps(at: number, a: number): Taps {
  const first = Math.floor(at);
  return [-1, 0, 1, 2].map((step) => {
    const x = Math.abs(at - first - step);
    const part =
      x <= 1 ? (a + 2) * x ** 3 - (a + 3) * x ** 2 + 1 : a * x ** 3 - 5 * a * x ** 2 + 8 * a * x - 4 * a;
    return [first + step, part];
  });
}

const NEAREST: Readonly<Record<string, (at: number) => number>> = {
  round_prefer_floor: (at) => Math.ceil(at - 0.5),
  round_prefer_ceil: (at) => Math.floor(at + 0.5),
  floor: Math.floor,
  ceil: Math.ceil,
};

/** An axis that is resized. */
interface ResizedAxis {
  readonly size: number;
  readonly scale: number;
  /** The result's size. */
  readonly output: number;
  /** The part of the axis that is cropped, from 0 to 1. */
  readonly start: number;
  readonly end: number;
}

/** Where the number at a position of the result is read from, by `coordinate_transformation_mode`. */
const COORDINATES: Readonly<Record<string, (x: number, axis: ResizedAxis) => number>> = {
  half_pixel: (x, { scale }) => (x + 0.5) / scale - 0.5,
  half_pixel_symmetric: (x, { size, scale, output }) =>
    (size / 2) * (1 - output / (size * scale)) + (x + 0.5) / scale - 0.5,
  pytorch_half_pixel: (x, { scale, output }) => (output > 1 ? (x + 0.5) / scale - 0.5 : 0),
  align_corners: (x, { size, output }) => (output > 1 ? (x * (size - 1)) / (output - 1) : 0),
  asymmetric: (x, { scale }) => x / scale,
  tf_half_pixel_for_nn: (x, { scale }) => (x + 0.5) / scale,
  tf_crop_and_resize: (x, { size, output, start, end }) =>
    output > 1
      ? start * (size - 1) + (x * (end - start) * (size - 1)) / (output - 1)
      : 0.5 * (start + end) * (size - 1),
};

/** The form of opset 10 and of Upsample has its scales second, and reads from x / scale. */
function isOld(node: OperatorNode): boolean {
  return node.optional(2) === undefined && node.optional(3) === undefined;
}

function resizedAxes(node: OperatorNode, { dims }: Tensor): readonly (ResizedAxis | undefined)[] {
  const axes = (node.numbers("axes") ?? dims.map((_, axis) => axis)).map((axis) =>
    axisFrom(axis, dims.length),
  );
  const given = isOld(node) ? (node.optional(1)?.data ?? node.numbers("scales")) : node.optional(2)?.data;
  const scales = given?.length ? [...given] : undefined;
  const sizes = node.optional(3)?.data;
  const roi = node.optional(1)?.data;
  return dims.map((size, axis) => {
    const i = axes.indexOf(axis);
    if (i < 0) return undefined;
    const output = sizes?.[i] ?? Math.floor(size * (scales?.[i] ?? refuse("it has no scales and no sizes")));
    if (!Number.isInteger(output) || output < 1) return refuse(`a size of ${output}`);
    const [start = 0, end = 1] = isOld(node) ? [] : [roi?.[i], roi?.[i + axes.length]];
    return { size, scale: scales?.[i] ?? output / size, output, start, end };
  });
}

const resize: Evaluator = (node) => {
  const unknown = ["antialias", "keep_aspect_ratio_policy"].find((name) => node.has(name));
  if (unknown !== undefined) refuse(`attribute ${unknown} is not supported`);
  const old = isOld(node);
  const [mode, how] = [node.string("mode", "nearest"), old ? "floor" : "round_prefer_floor"];
  const coordinates = old ? "asymmetric" : node.string("coordinate_transformation_mode", "half_pixel");
  const from = COORDINATES[coordinates] ?? refuse(`${coordinates} is not known`);
  const nearest = NEAREST[node.string("nearest_mode", how)] ?? refuse("its nearest_mode is not known");
  const tapsAt = (at: number): Taps => {
    if (mode === "nearest") return [[nearest(at), 1]];
    if (mode === "linear" || mode === "bilinear") return linearTaps(at);
    return mode === "cubic"
      ? cubicTaps(at, node.number("cubic_coeff_a", -0.75))
      : refuse(`mode ${mode} is not known`);
  };
  const leavesOut = mode === "cubic" && node.number("exclude_outside", 0) === 1;
  const crops = coordinates === "tf_crop_and_resize";
  const axes = resizedAxes(node, node.input(0));
  if (old && mode === "nearest" && axes.some((axis) => axis !== undefined && axis.scale < 1))
    refuse("opset 10 does not say which pixel of a smaller map is the nearest");
  let y: Tensor = node.input(0);
  const outside: ((at: readonly number[]) => boolean)[] = [];
  axes.forEach((resized, axis) => {
    if (resized === undefined || (resized.output === resized.size && resized.scale === 1 && !crops)) return;
    const { size, output } = resized;
    const places = Array.from({ length: output }, (_, x) => from(x, resized));
    y = readAlong(
      y,
      axis,
      places.map((at) => inside(tapsAt(at), size, leavesOut)),
    );
    const isOutside = places.map((at) => at < 0 || at > size - 1);
    if (crops) outside.push((at) => isOutside[at[axis] ?? 0] === true);
  });
  if (outside.length === 0) return [y];
  const value = node.number("extrapolation_value", 0);
  return [filled(y.dims, (at, i) => (outside.some((is) => is(at)) ? value : (y.data[i] ?? 0)))];
};

/** Taps within an axis: what is outside is the pixel at the edge, or left out, the others then having more. */
function inside(taps: Taps, size: number, leavesOut: boolean): Taps {
  if (!leavesOut) return taps.map(([at, part]) => [Math.min(Math.max(at, 0), size - 1), part]);
  const left = taps.filter(([at]) => at >= 0 && at < size);
  const total = left.reduce((sum, [, part]) => sum + part, 0);
  return left.map(([at, part]) => [at, part / total]);
}

/** A map whose positions along an axis are sums over those of another. */
function readAlong(x: Tensor, axis: number, rows: readonly Taps[]): Tensor {
  const { outer, size, inner } = aroundAxis(x.dims, axis);
  const y = new Float64Array(outer * rows.length * inner);
  for (let before = 0; before < outer; before++) {
    rows.forEach((taps, row) => {
      const to = (before * rows.length + row) * inner;
      for (const [at, part] of taps) {
        const start = (before * size + at) * inner;
        for (let i = 0; i < inner; i++) y[to + i] = (y[to + i] ?? 0) + part * (x.data[start + i] ?? 0);
      }
    });
  }
  return { dims: x.dims.with(axis, rows.length), data: y };
}

/** A number outside of a range, mirrored at its ends until it is in it. */
function mirrored(at: number, least: number, most: number): number {
  const range = most - least;
  if (range === 0) return least;
  const beyond = (((at - least) % (2 * range)) + 2 * range) % (2 * range);
  return least + (beyond <= range ? beyond : 2 * range - beyond);
}

const gridSample: Evaluator = (node) => {
  const [x, grid] = [node.input(0), node.input(1)];
  const mode = node.string("mode", "linear");
  const padding = node.string("padding_mode", "zeros");
  if (!["zeros", "border", "reflection"].includes(padding)) refuse(`padding_mode ${padding} is not known`);
  const aligned = node.number("align_corners", 0) === 1;
  const [images = 1, channels = 1, ...sides] = x.dims;
  const places = grid.dims.slice(1, -1);
  const strides = stridesOf(sides);
  const [pixels, count] = [elementCount(sides), elementCount(places)];
  const tapsAt = (at: number): Taps => {
    if (mode === "nearest") return [[roundedToEven(at), 1]];
    if (mode === "bilinear" || mode === "linear") return linearTaps(at);
    return mode === "bicubic" || mode === "cubic"
      ? cubicTaps(at, -0.75)
      : refuse(`mode ${mode} is not known`);
  };
  const y = new Float64Array(images * channels * count);
  for (let place = 0; place < images * count; place++) {
    // The last number of a place in the grid is along the first axis of the map.
    const axes = sides.map((size, axis) => {
      const given = grid.data[place * sides.length + (sides.length - 1 - axis)] ?? 0;
      const [least, most] = aligned ? [0, size - 1] : [-0.5, size - 0.5];
      const at = ((given + 1) / 2) * (most - least) + least;
      const back = (position: number): number | undefined => {
        if (position >= 0 && position < size) return position;
        if (padding === "border") return Math.min(Math.max(position, 0), size - 1);
        return padding === "reflection" ? mirrored(position, least, most) : undefined;
      };
      const held = at >= least && at <= most;
      const kept =
        held || padding === "zeros"
          ? at
          : padding === "border"
            ? Math.min(Math.max(at, 0), size - 1)
            : mirrored(at, least, most);
      return tapsAt(kept).flatMap(([position, part]): Taps => {
        const from = back(position);
        return from === undefined ? [] : [[from * (strides[axis] ?? 0), part]];
      });
    });
    const taps = axes.reduce<Taps>(
      (all, own) => all.flatMap(([at, part]) => own.map(([step, more]) => [at + step, part * more] as const)),
      [[0, 1]],
    );
    const image = Math.floor(place / count);
    for (let c = 0; c < channels; c++) {
      const map = (image * channels + c) * pixels;
      y[(image * channels + c) * count + (place % count)] = taps.reduce(
        (sum, [at, part]) => sum + part * (x.data[map + at] ?? 0),
        0,
      );
    }
  }
  return [tensorOf([images, channels, ...places], y)];
};

export const sampling: Readonly<Record<string, Evaluator>> = {
  GridSample: gridSample,
  Resize: resize,
  Upsample: resize,
};
