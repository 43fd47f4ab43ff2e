import { type Numbers, type Tensor, zeros } from "../tensor.js";
import { type Dim, formatDims, refuse } from "../types.js";

// NumPy's broadcasting (https://numpy.org/doc/stable/user/basics.broadcasting.html), which is ONNX's.

/** The shape of a broadcast result. */
export function broadcastDims(a: readonly Dim[], b: readonly Dim[]): readonly Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const da = a[i - rank + a.length] ?? 1;
    const db = b[i - rank + b.length] ?? 1;
    if (da === db || db === 1) return da;
    if (da === 1) return db;
    return refuse(`shapes [${formatDims(a)}] and [${formatDims(b)}] can't be broadcast`);
  });
}

/** What most elements are combined by. */
export const added = (a: number, b: number): number => a + b;
export const multiplied = (a: number, b: number): number => a * b;

/** `combine` of the elements of two tensors, each repeated where the other has more. */
export function combineTensors(a: Tensor, b: Tensor, combine: (a: number, b: number) => number): Tensor {
  const dims = broadcastDims(a.dims, b.dims) as number[];
  const result = zeros(dims, a);
  const stepsA = broadcastSteps(a.dims, dims);
  const stepsB = broadcastSteps(b.dims, dims);
  const { outer, length, steps } = commonRun(dims, stepsA, stepsB);
  const [stepA = 0, stepB = 0] = steps;
  const at = new Array<number>(outer).fill(0);
  let indexA = 0;
  let indexB = 0;
  for (let start = 0; start < result.data.length; start += length) {
    combineRun(result.data, start, length, combine, a.data, indexA, stepA, b.data, indexB, stepB);
    for (let axis = outer - 1; axis >= 0; axis--) {
      indexA += stepsA[axis] as number;
      indexB += stepsB[axis] as number;
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (dims[axis] as number)) break;
      at[axis] = 0;
      indexA -= (stepsA[axis] as number) * (dims[axis] as number);
      indexB -= (stepsB[axis] as number) * (dims[axis] as number);
    }
  }
  return result;
}

/**
 * The last axes over which the elements of a tensor are one run, and those that some others have for them are steps of one size
 * each. `outer`: how many axes come before.
 */
export function commonRun(dims: readonly number[], ...others: readonly (readonly number[])[]) {
  let [outer, length] = [dims.length, 1];
  let steps: readonly number[] = others.map(() => 0);
  for (; outer > 0; outer--) {
    const size = dims[outer - 1] as number;
    const next = others.map((each) => each[outer - 1] as number);
    if (size === 1) continue;
    if (length > 1 && next.some((step, i) => step !== length * (steps[i] as number))) break;
    if (length === 1) steps = next;
    length *= size;
  }
  return { outer, length, steps };
}

function combineRun(
  result: Numbers,
  start: number,
  length: number,
  combine: (a: number, b: number) => number,
  a: Numbers,
  firstA: number,
  stepA: number,
  b: Numbers,
  firstB: number,
  stepB: number,
): void {
  // The same loop several times: a function that is called by its name is no call, one that is handed in is one for every element; and a
  // loop that meets two types of arrays takes longer.
  const isFloat64 = result instanceof Float64Array && a instanceof Float64Array && b instanceof Float64Array;
  let [indexA, indexB] = [firstA, firstB];
  if (combine === added && isFloat64) {
    for (let i = start; i < start + length; i++, indexA += stepA, indexB += stepB) {
      result[i] = (a[indexA] as number) + (b[indexB] as number);
    }
  } else if (combine === multiplied && isFloat64) {
    for (let i = start; i < start + length; i++, indexA += stepA, indexB += stepB) {
      result[i] = (a[indexA] as number) * (b[indexB] as number);
    }
  } else if (combine === added) {
    for (let i = start; i < start + length; i++, indexA += stepA, indexB += stepB) {
      result[i] = (a[indexA] as number) + (b[indexB] as number);
    }
  } else if (combine === multiplied) {
    for (let i = start; i < start + length; i++, indexA += stepA, indexB += stepB) {
      result[i] = (a[indexA] as number) * (b[indexB] as number);
    }
  } else {
    for (let i = start; i < start + length; i++, indexA += stepA, indexB += stepB) {
      result[i] = combine(a[indexA] as number, b[indexB] as number);
    }
  }
}

/** A tensor repeated to sizes that its own can be broadcast to. */
export function broadcastTensor(x: Tensor, dims: readonly number[]): Tensor {
  return readInSteps(x, broadcastDims(x.dims, dims) as number[], broadcastSteps(x.dims, dims));
}

/** The elements of a tensor in another order, or several times: `steps` is how far one step along each axis of the result moves in x. */
export function readInSteps(x: Tensor, dims: readonly number[], steps: readonly number[]): Tensor {
  const y = zeros(dims, x);
  const { outer, length, steps: inner } = commonRun(dims, steps);
  const [step = 0] = inner;
  const at = new Array<number>(outer).fill(0);
  let first = 0;
  for (let start = 0; start < y.data.length; start += length) {
    copyRun(y.data, start, length, x.data, first, step);
    for (let axis = outer - 1; axis >= 0; axis--) {
      first += steps[axis] as number;
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (dims[axis] as number)) break;
      at[axis] = 0;
      first -= (steps[axis] as number) * (dims[axis] as number);
    }
  }
  return y;
}

function copyRun(
  to: Numbers,
  start: number,
  length: number,
  from: Numbers,
  first: number,
  step: number,
): void {
  for (let i = 0; i < length; i++) to[start + i] = from[first + i * step] as number;
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
