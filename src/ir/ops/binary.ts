import * as z from "zod";
import { defineOp, type OpDefinition, type Precision } from "../op.js";
import { operandAt, zeros } from "../tensor.js";
import { type Dim, refuse, tensorType } from "../types.js";

const NO_ATTRIBUTES = z.strictObject({});

/** An op on two tensors, element by element, with NumPy's broadcasting. */
export function defineBinary<const N extends string>(op: {
  name: N;
  doc: string;
  source: string;
  precision: Precision;
  apply: (a: number, b: number) => number;
}): OpDefinition<N, typeof NO_ATTRIBUTES> {
  return defineOp({
    ...op,
    level: "primitive",
    operands: ["a", "b"],
    attributes: NO_ATTRIBUTES,
    infer(operands) {
      const [a, b] = [operandAt(operands, 0), operandAt(operands, 1)];
      return [tensorType(broadcastDims(a.dims, b.dims), a.dtype)];
    },
    evaluate(operands) {
      const [a, b] = [operandAt(operands, 0), operandAt(operands, 1)];
      const dims = broadcastDims(a.dims, b.dims) as number[];
      const result = zeros(dims);
      const stepsA = broadcastSteps(a.dims, dims);
      const stepsB = broadcastSteps(b.dims, dims);
      const at = new Array<number>(dims.length).fill(0);
      let indexA = 0;
      let indexB = 0;
      for (let i = 0; i < result.data.length; i++) {
        result.data[i] = op.apply(a.data[indexA] as number, b.data[indexB] as number);
        for (let axis = dims.length - 1; axis >= 0; axis--) {
          indexA += stepsA[axis] as number;
          indexB += stepsB[axis] as number;
          at[axis] = (at[axis] as number) + 1;
          if ((at[axis] as number) < (dims[axis] as number)) break;
          at[axis] = 0;
          indexA -= (stepsA[axis] as number) * (dims[axis] as number);
          indexB -= (stepsB[axis] as number) * (dims[axis] as number);
        }
      }
      return [result];
    },
  });
}

/** The shape of a broadcast result (https://numpy.org/doc/stable/user/basics.broadcasting.html). */
export function broadcastDims(a: readonly Dim[], b: readonly Dim[]): readonly Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const da = a[i - rank + a.length] ?? 1;
    const db = b[i - rank + b.length] ?? 1;
    if (da === db || db === 1) return da;
    if (da === 1) return db;
    return refuse(`shapes [${a.join(", ")}] and [${b.join(", ")}] can't be broadcast`);
  });
}

/** How far one step along each axis of the result moves in an operand: zero where the operand is repeated. */
function broadcastSteps(from: readonly number[], to: readonly number[]): readonly number[] {
  const steps = new Array<number>(to.length).fill(0);
  let step = 1;
  for (let axis = from.length - 1; axis >= 0; axis--) {
    const size = from[axis] as number;
    steps[axis + to.length - from.length] = size === 1 ? 0 : step;
    step *= size;
  }
  return steps;
}
