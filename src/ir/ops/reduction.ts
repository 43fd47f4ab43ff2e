import * as z from "zod";
import { defineOp, type OpDefinition, type Precision } from "../op.js";
import { operandAt, type Tensor, zeros } from "../tensor.js";
import { refuse, tensorType } from "../types.js";

/** How the elements along some axes become one number: `finish(combine(… combine(start, x₀) …), count)`. */
export interface Reduction {
  readonly start: number;
  combine(total: number, x: number): number;
  finish(total: number, count: number): number;
}

export const MEAN: Reduction = {
  start: 0,
  combine: (total, x) => total + x,
  finish: (total, count) => total / count,
};

export const MAXIMUM: Reduction = {
  start: Number.NEGATIVE_INFINITY,
  combine: Math.max,
  finish: (total) => total,
};

/** x with every axis of `axes` reduced to the size 1. */
export function reduceTensor(x: Tensor, axes: readonly number[], reduction: Reduction): Tensor {
  const y = zeros(x.dims.map((size, axis) => (axes.includes(axis) ? 1 : size)));
  y.data.fill(reduction.start);
  const steps = stepsInto(x.dims, axes);
  const length = operandAt(x.dims, x.dims.length - 1);
  const step = operandAt(steps, steps.length - 1);
  for (let start = 0; start < x.data.length; start += length) {
    let rest = start / length;
    let target = 0;
    for (let axis = x.dims.length - 2; axis >= 0; axis--) {
      const size = operandAt(x.dims, axis);
      target += (rest % size) * operandAt(steps, axis);
      rest = Math.floor(rest / size);
    }
    for (let i = start; i < start + length; i++, target += step) {
      y.data[target] = reduction.combine(y.data[target] as number, x.data[i] as number);
    }
  }
  const count = x.data.length / y.data.length;
  return { dims: y.dims, data: y.data.map((total) => reduction.finish(total, count)) };
}

/** How far one step along each axis moves in the reduced tensor: not at all along a reduced axis. */
function stepsInto(dims: readonly number[], axes: readonly number[]): readonly number[] {
  const steps = new Array<number>(dims.length).fill(0);
  let step = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    if (axes.includes(axis)) continue;
    steps[axis] = step;
    step *= operandAt(dims, axis);
  }
  return steps;
}

const attributes = z.strictObject({
  /** The axes that are reduced, counted from the first; they stay with the size 1. */
  axes: z.array(z.int().min(0)).min(1),
});

/** An op that reduces some axes, all of known size, to the size 1. */
export function defineReduction<const N extends string>(op: {
  name: N;
  doc: string;
  source: string;
  precision: Precision;
  reduction: Reduction;
}): OpDefinition<N, typeof attributes> {
  const { reduction, ...rest } = op;
  return defineOp({
    ...rest,
    level: "primitive",
    operands: ["x"],
    attributes,
    infer(operands, { axes }) {
      const x = operandAt(operands, 0);
      for (const axis of axes) {
        if (axes.indexOf(axis) !== axes.lastIndexOf(axis)) refuse(`axis ${axis} is reduced twice`);
        if (typeof x.dims[axis] !== "number") refuse(`x has no axis ${axis} of known size`);
      }
      return [
        tensorType(
          x.dims.map((size, axis) => (axes.includes(axis) ? 1 : size)),
          x.dtype,
        ),
      ];
    },
    evaluate: (operands, { axes }) => [reduceTensor(operandAt(operands, 0), axes, reduction)],
  });
}
