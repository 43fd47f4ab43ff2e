import * as z from "zod";
import { defineOp, type LevelFacts, type OpDefinition } from "../op.js";
import { type Numbers, operandAt } from "../tensor.js";

const NO_ATTRIBUTES = z.strictObject({});

/** An op that applies one function to every element. */
export type UnaryOp<N extends string = string> = OpDefinition<N, typeof NO_ATTRIBUTES> & {
  /** The function itself, float64. */
  readonly apply: (x: number) => number;
};

/** Half the distance of float32 numbers around 1. */
const UNIT_ROUNDOFF = 2 ** -24;

/**
 * A result as inexact as float32 numbers of that size are: off by half a step, up or down. Rounded to the nearest step it would be off by next to
 * nothing now and then, and a single gate has all the error of its channel. Whole steps, such as 0 and 1 where a function is cut off, are exact.
 */
export function inexact(result: number, size: number): number {
  const step = UNIT_ROUNDOFF * size;
  const steps = result / step;
  if (!Number.isFinite(steps) || Number.isInteger(steps)) return result;
  return result + (Math.floor(steps) % 2 === 0 ? step : -step) / 2;
}

export function defineUnary<const N extends string>(
  op: LevelFacts & {
    name: N;
    doc: string;
    source: string;
    apply: (x: number) => number;
    /**
     * The size of the numbers that float32 implementations compute the result from, where it can be much smaller: the
     * sigmoid of -16 is 1e-7, and as inexact as numbers around 1 are. Left out, the result's own.
     */
    computedFrom?: (x: number) => number;
  },
): UnaryOp<N> {
  const { computedFrom, ...facts } = op;
  const applied = (data: Numbers): Numbers => {
    const { apply } = op;
    if (computedFrom === undefined || data instanceof Float64Array) return data.map(apply);
    return data.map((x) => inexact(apply(x), computedFrom(x)));
  };
  return {
    ...defineOp({
      ...facts,
      operands: ["x"],
      attributes: NO_ATTRIBUTES,
      infer: (operands) => [operandAt(operands, 0)],
      evaluate: (operands) => {
        const x = operandAt(operands, 0);
        return [{ dims: x.dims, data: applied(x.data) }];
      },
    }),
    apply: op.apply,
  };
}
