import * as z from "zod";
import { type Cost, primitiveOp } from "../op.js";
import { floats, optional } from "../operands.js";
import { spareMemory } from "../spare-memory.js";
import { type Numbers, nchw, type Tensor, zeros } from "../tensor.js";
import {
  concreteDims,
  type Dim,
  elementCount,
  expectDims,
  featureMap,
  formatType,
  mapChannels,
  refuse,
  type TensorType,
  tensorType,
} from "../types.js";
import { copy } from "./float64-loop.js";
import { productWriter } from "./products.js";
import { padsAttribute, type WindowAxis, windowOutputs } from "./window.js";

const positive = z.int().min(1);
const padding = z.int().min(0);

const conv = primitiveOp({
  precision: "half",
  doc: "y[n,o,p] = bias[o] + Σ weight[o,i,q] · x[n, i, p·strides + q·dilations - pads], summed over the group's channels i and taps q",
  source: "https://onnx.ai/onnx/operators/onnx__Conv.html",
  operands: { x: floats, weight: floats, bias: optional(floats) },
  attributes: () =>
    z.strictObject({
      strides: z.tuple([positive, positive]).default([1, 1]),
      /** Zeros added at the top, left, bottom and right. */
      pads: padsAttribute,
      dilations: z.tuple([positive, positive]).default([1, 1]),
      group: positive.default(1),
    }),
  infer({ x, weight, bias }, { strides, pads, dilations, group }) {
    const [n, channels] = mapChannels(x, "x");
    const [, , height = 1, width = 1] = x.dims;
    const [outputs, perGroup, kh, kw] = featureMap(weight, "weight");
    if (typeof outputs !== "number") refuse("weight must have known sizes");
    if (channels % group !== 0 || outputs % group !== 0) {
      refuse(`${channels} input and ${outputs} output channels must be multiples of group ${group}`);
    }
    if (perGroup * group !== channels) {
      refuse(`weight takes ${perGroup} channels in each of ${group} groups, x has ${channels} in all`);
    }
    if (bias !== undefined) expectDims(bias, [outputs], "bias");
    const size = (input: Dim, kernel: number, axis: 0 | 1): Dim => {
      const [before, after] = axis === 0 ? [pads[0], pads[2]] : [pads[1], pads[3]];
      const output = windowOutputs(input, kernel, {
        stride: strides[axis],
        dilation: dilations[axis],
        before,
        after,
      });
      return typeof output === "string" || output >= 1
        ? output
        : refuse(`a map of ${height}x${width} is too small for a ${kh}x${kw} kernel`);
    };
    return tensorType([n, outputs, size(height, kh, 0), size(width, kw, 1)], x.dtype);
  },
  cost: ({ weight }, y) => convMacs(weight, y),
  evaluate({ x, weight, bias }, { strides, pads, dilations, group }) {
    const [batch] = nchw(x);
    const [outputs, perGroup, kh, kw] = nchw(weight);
    const maps = new PaddedMaps(x, perGroup, pads);
    const rows = windowOutputs(maps.height, kh, alongAxis(strides[0], dilations[0]));
    const columns = windowOutputs(maps.width, kw, alongAxis(strides[1], dilations[1]));
    const y = zeros([batch, outputs, rows, columns], x);
    const places = indexes([rows, strides[0] * maps.width], [columns, strides[1]]);
    const offsets = indexes(
      [perGroup, maps.height * maps.width],
      [kh, dilations[0] * maps.width],
      [kw, dilations[1]],
    );
    const { data } = weight;
    const weights = data instanceof Float64Array ? data : new Float64Array(data);
    const [perOutput, inGroup] = [perGroup * kh * kw, outputs / group];
    const write = productWriter({ places, offsets, run: perGroup }, inGroup, y.data);
    for (let part = 0; part < batch * group; part++) {
      const first = (part % group) * inGroup;
      write({
        numbers: maps.from(part * perGroup),
        weights: weights.subarray(first * perOutput, (first + inGroup) * perOutput),
        start: (output) => bias?.data[first + output] ?? 0,
        at: part * inGroup * places.length,
      });
    }
    maps.close();
    return y;
  },
});

/** Each element of the result is a sum over a weight's elements but the first axis. */
function convMacs(weight: TensorType, y: TensorType): Cost {
  return { macs: elementCount(concreteDims(y.dims)) * elementCount(concreteDims(weight.dims).slice(1)) };
}

type Pads = readonly [top: number, left: number, bottom: number, right: number];

/** How a window moves along an axis that has its padding. */
function alongAxis(stride: number, dilation: number): WindowAxis {
  return { stride, dilation, before: 0, after: 0 };
}

/** All sums of an index times its step, the last axis the fastest. */
function indexes(...axes: readonly (readonly [size: number, step: number])[]): Int32Array {
  let all = Int32Array.of(0);
  for (const [size, step] of axes) {
    const outer = all;
    all = new Int32Array(outer.length * size);
    let to = 0;
    for (const start of outer) for (let i = 0; i < size; i++) all[to++] = start + i * step;
  }
  return all;
}

/** The maps of x with zeros around them, some at a time. */
class PaddedMaps {
  readonly height: number;
  readonly width: number;
  readonly #x: Tensor;
  readonly #sizes: readonly [rows: number, columns: number];
  /** Where the first element of a map goes. */
  readonly #origin: number;
  /** Undefined where the maps of x have no padding and can be read where they are. */
  readonly #padded: Float64Array | undefined;
  readonly #length: number;

  constructor(x: Tensor, maps: number, [top, left, bottom, right]: Pads) {
    const [, , rows, columns] = nchw(x);
    this.height = rows + top + bottom;
    this.width = columns + left + right;
    this.#x = x;
    this.#sizes = [rows, columns];
    this.#origin = top * this.width + left;
    this.#length = maps * this.height * this.width;
    const asTheyAre = this.width === columns && this.height === rows && x.data instanceof Float64Array;
    this.#padded = asTheyAre ? undefined : spareMemory.numbers(this.#length);
  }

  /** Ends the use of what was asked for. */
  close(): void {
    spareMemory.giveBack(this.#padded);
  }

  /** The maps from that one on; valid until others are asked for. */
  from(first: number): Float64Array {
    const [rows, columns] = this.#sizes;
    const padded = this.#padded;
    const { data } = this.#x;
    const start = first * rows * columns;
    if (padded === undefined) return (data as Float64Array).subarray(start, start + this.#length);
    if (this.width === columns && this.height === rows) {
      copy(data, start, padded, 0, this.#length);
      return padded;
    }
    const size = this.height * this.width;
    for (let map = 0; map * size < padded.length; map++) {
      const from = start + map * rows * columns;
      copyRows(data, from, columns, padded, map * size + this.#origin, this.width, rows);
    }
    return padded;
  }
}

function copyRows(
  from: Numbers,
  source: number,
  length: number,
  to: Float64Array,
  target: number,
  step: number,
  rows: number,
): void {
  for (let row = 0; row < rows; row++) {
    const start = source + row * length;
    const shift = target + row * step - start;
    for (let i = start; i < start + length; i++) to[shift + i] = from[i] as number;
  }
}

/** Over x of [N, C, L]; it is the convolution of a map with one row. */
const conv1d = primitiveOp({
  doc: "y[n,o,p] = bias[o] + Σ weight[o,i,q] · x[n, i, p·stride + q·dilation - pads], summed over the group's channels i and taps q",
  source: "https://onnx.ai/onnx/operators/onnx__Conv.html (one spatial axis)",
  precision: "half",
  operands: { x: floats, weight: floats, bias: optional(floats) },
  attributes: () =>
    z.strictObject({
      stride: positive.default(1),
      /** Zeros added before the first and after the last position. */
      pads: z.tuple([padding, padding]).default([0, 0]),
      dilation: positive.default(1),
      group: positive.default(1),
    }),
  infer({ x, weight, bias }, given) {
    if (typeof x.dims[2] === "string") refuse(`x must be of known length, got ${formatType(x)}`);
    const operands = { x: rowType(x, "x"), weight: rowType(weight, "weight"), bias };
    const { dims, dtype } = conv.infer(operands, ofRow(given));
    return tensorType(withoutRow(dims), dtype);
  },
  cost: ({ weight }, y) => convMacs(weight, y),
  evaluate({ x, weight, bias }, given) {
    const { dims, data } = conv.evaluate({ x: asRow(x), weight: asRow(weight), bias }, ofRow(given));
    return { dims: withoutRow(dims), data };
  },
});

function ofRow({
  stride,
  pads: [before, after],
  dilation,
  group,
}: {
  readonly stride: number;
  readonly pads: readonly [number, number];
  readonly dilation: number;
  readonly group: number;
}) {
  return conv.attributes.parse({
    strides: [1, stride],
    pads: [0, before, 0, after],
    dilations: [1, dilation],
    group,
  });
}

/** [N, C, L] as [N, C, 1, L]. */
function withRow<D>(dims: readonly D[]): readonly (D | 1)[] {
  return [...dims.slice(0, 2), 1, ...dims.slice(2)];
}

function withoutRow<D>(dims: readonly D[]): readonly D[] {
  return [...dims.slice(0, 2), ...dims.slice(3)];
}

function rowType(type: TensorType, what: string): TensorType {
  if (type.dims.length !== 3) return refuse(`${what} must have three axes`);
  return tensorType(withRow(type.dims), type.dtype);
}

function asRow({ dims, data }: Tensor): Tensor {
  return { dims: withRow(dims), data };
}

/** How the window of a convolution moves along one of its axes, from 0. */
export function windowAlong(
  op:
    | { readonly kind: "conv"; readonly attributes: Readonly<z.output<typeof conv.attributes>> }
    | { readonly kind: "conv_1d"; readonly attributes: Readonly<z.output<typeof conv1d.attributes>> },
  axis: number,
): WindowAxis {
  if (op.kind === "conv_1d") {
    const { stride, dilation, pads } = op.attributes;
    return { stride, dilation, before: pads[0], after: pads[1] };
  }
  const { strides, dilations, pads } = op.attributes;
  return {
    stride: strides[axis] ?? 1,
    dilation: dilations[axis] ?? 1,
    before: pads[axis] ?? 0,
    after: pads[axis + 2] ?? 0,
  };
}

export const convolutions = { conv, conv_1d: conv1d };
