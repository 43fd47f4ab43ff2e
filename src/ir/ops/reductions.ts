import * as z from "zod";
import { type Precision, type PrimitiveOp, primitiveOp } from "../op.js";
import { floats, numbers, type Operand } from "../operands.js";
import { productOf } from "../sizes.js";
import { elementAt, type Numbers, type Tensor, zeros } from "../tensor.js";
import { type Dim, tensorType } from "../types.js";
import { axesAttribute, checkAxes } from "./axes.js";
import { added, commonRun } from "./broadcast.js";

/** How the elements along some axes become one number: `finish(combine(… combine(start, x₀) …), count)`. */
export interface Reduction {
  readonly start: number;
  readonly combine: (total: number, x: number) => number;
  finish(total: number, count: number): number;
}

export const MEAN: Reduction = {
  start: 0,
  combine: added,
  finish: (total, count) => total / count,
};

export const MAXIMUM: Reduction = {
  start: Number.NEGATIVE_INFINITY,
  combine: (most, x) => Math.max(most, x),
  finish: (total) => total,
};

export const MINIMUM: Reduction = {
  start: Number.POSITIVE_INFINITY,
  combine: (least, x) => Math.min(least, x),
  finish: (total) => total,
};

export const SUM: Reduction = { start: 0, combine: added, finish: (total) => total };

export const PRODUCT: Reduction = { start: 1, combine: (total, x) => total * x, finish: (total) => total };

/** Some numbers as one, where they count as so many. */
export function reduceNumbers(
  numbers: readonly number[],
  { start, combine, finish }: Reduction,
  count = numbers.length,
): number {
  return finish(
    numbers.reduce((total, x) => combine(total, x), start),
    count,
  );
}

/** x with every axis of `axes` reduced to the size 1. */
export function reduceTensor(x: Tensor, axes: readonly number[], reduction: Reduction): Tensor {
  const y = zeros(
    x.dims.map((size, axis) => (axes.includes(axis) ? 1 : size)),
    x,
  );
  y.data.fill(reduction.start);
  const steps = stepsInto(x.dims, axes);
  const run = commonRun(x.dims, steps);
  const { outer, length } = run;
  const [step = 0] = run.steps;
  for (let start = 0; start < x.data.length; start += length) {
    let rest = start / length;
    let target = 0;
    for (let axis = outer - 1; axis >= 0; axis--) {
      const size = elementAt(x.dims, axis);
      target += (rest % size) * elementAt(steps, axis);
      rest = Math.floor(rest / size);
    }
    combineAlong(reduction, x.data, start, length, y.data, target, step);
  }
  const count = x.data.length / y.data.length;
  return { dims: y.dims, data: y.data.map((total) => reduction.finish(total, count)) };
}

/** Adds a row of elements to those of the result, `step` from one to the next. */
function combineAlong(
  { combine }: Reduction,
  from: Numbers,
  start: number,
  length: number,
  to: Numbers,
  first: number,
  step: number,
): void {
  let target = first;
  // As in `combineTensors`, what most elements are reduced by is no call.
  if (combine === added) {
    for (let i = start; i < start + length; i++, target += step) {
      to[target] = (to[target] as number) + (from[i] as number);
    }
    return;
  }
  for (let i = start; i < start + length; i++, target += step) {
    to[target] = combine(to[target] as number, from[i] as number);
  }
}

/** The axes after the batch and the channels: those of the positions. */
export function spatialAxes({ dims }: Tensor): readonly number[] {
  return dims.flatMap((_, axis) => (axis < 2 ? [] : [axis]));
}

/** How far one step along each axis moves in the reduced tensor: not at all along a reduced axis. */
function stepsInto(dims: readonly number[], axes: readonly number[]): readonly number[] {
  const steps = new Array<number>(dims.length).fill(0);
  let step = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (axes.includes(axis)) continue;
    steps[axis] = step;
    step *= elementAt(dims, axis);
  }
  return steps;
}

const attributes = () =>
  z.strictObject({
    /** The axes that are reduced, counted from the first. */
    axes: axesAttribute,
    /** Whether the reduced axes stay, with the size 1. */
    keepdims: z.boolean().default(true),
  });

/** An op that reduces some axes to one number each. */
function reduction(op: {
  readonly doc: string;
  readonly source: string;
  readonly precision: Precision;
  readonly reduction: Reduction;
  /** The same of all of some sizes; an op that has it takes integers too. */
  readonly ofSizes?: (sizes: readonly Dim[]) => Dim;
}): PrimitiveOp<{ readonly x: Operand<"one"> }, ReturnType<typeof attributes>> {
  const { reduction: how, ofSizes, ...facts } = op;
  return primitiveOp({
    ...facts,
    operands: { x: ofSizes === undefined ? floats : numbers },
    attributes,
    infer({ x }, { axes, keepdims }) {
      checkAxes(axes, x.dims.length);
      return tensorType(reducedDims(x.dims, axes, keepdims), x.dtype);
    },
    // Of a vector there is one result.
    values: ({ x }) => (ofSizes && x.values && x.dims.length === 1 ? [ofSizes(x.values)] : undefined),
    evaluate: ({ x }, { axes, keepdims }) => ({
      dims: reducedDims(x.dims, axes, keepdims),
      data: reduceTensor(x, axes, how).data,
    }),
  });
}

function reducedDims<D extends Dim>(
  dims: readonly D[],
  axes: readonly number[],
  keepdims: boolean,
): readonly (D | 1)[] {
  if (!keepdims) return dims.filter((_, axis) => !axes.includes(axis));
  return dims.map((size, axis) => (axes.includes(axis) ? 1 : size));
}

export const reductions = {
  reduce_max: reduction({
    doc: "the maximum over some axes",
    source: "https://onnx.ai/onnx/operators/onnx__ReduceMax.html",
    precision: "half",
    reduction: MAXIMUM,
  }),
  reduce_mean: reduction({
    doc: "the mean over some axes",
    source: "https://onnx.ai/onnx/operators/onnx__ReduceMean.html",
    precision: { float32: "the sum over an axis overflows, or no longer changes by what is added" },
    reduction: MEAN,
  }),
  reduce_min: reduction({
    doc: "the minimum over some axes",
    source: "https://onnx.ai/onnx/operators/onnx__ReduceMin.html",
    precision: "half",
    reduction: MINIMUM,
  }),
  reduce_prod: reduction({
    doc: "the product over some axes",
    source: "https://onnx.ai/onnx/operators/onnx__ReduceProd.html",
    precision: { float32: "a product of many numbers overflows or vanishes" },
    reduction: PRODUCT,
    ofSizes: productOf,
  }),
  reduce_sum: reduction({
    doc: "the sum over some axes",
    source: "https://onnx.ai/onnx/operators/onnx__ReduceSum.html",
    precision: { float32: "the sum over a map overflows, or no longer changes by what is added" },
    reduction: SUM,
  }),
};
