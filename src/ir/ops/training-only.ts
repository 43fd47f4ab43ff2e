import * as z from "zod";
import { defineOp, type LevelFacts, type OpDefinition } from "../op.js";
import { operandAt } from "../tensor.js";

const RATE = z.strictObject({ rate: z.number().min(0).lt(1) });

/** An op that does something in training and nothing at inference: code for training needs it, export drops it. */
export function defineTrainingOnly<const N extends string>(
  op: LevelFacts & {
    name: N;
    doc: string;
    source: string;
  },
): OpDefinition<N, typeof RATE> {
  return defineOp({
    ...op,
    trainingOnly: true,
    operands: ["x"],
    attributes: RATE,
    infer: (operands) => [operandAt(operands, 0)],
    evaluate: (operands) => [operandAt(operands, 0)],
  });
}
