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
    return data.map((x) => {
      const step = UNIT_ROUNDOFF * computedFrom(x);
      return step > 0 && step < Number.POSITIVE_INFINITY ? step * Math.round(apply(x) / step) : apply(x);
    });
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
