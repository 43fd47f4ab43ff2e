import * as z from "zod";
import { defineOp, type LevelFacts, type OpDefinition } from "../op.js";
import { operandAt } from "../tensor.js";

const NO_ATTRIBUTES = z.strictObject({});

/** An op that applies one function to every element. */
export type UnaryOp<N extends string = string> = OpDefinition<N, typeof NO_ATTRIBUTES> & {
  /** The function itself, float64. */
  readonly apply: (x: number) => number;
};

export function defineUnary<const N extends string>(
  op: LevelFacts & {
    name: N;
    doc: string;
    source: string;
    apply: (x: number) => number;
  },
): UnaryOp<N> {
  return {
    ...defineOp({
      ...op,
      operands: ["x"],
      attributes: NO_ATTRIBUTES,
      infer: (operands) => [operandAt(operands, 0)],
      evaluate: (operands) => {
        const x = operandAt(operands, 0);
        return [{ dims: x.dims, data: x.data.map(op.apply) }];
      },
    }),
    apply: op.apply,
  };
}
