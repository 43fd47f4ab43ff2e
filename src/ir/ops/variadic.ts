import * as z from "zod";
import { defineOp, type OpDefinition, type Precision } from "../op.js";
import { operandAt } from "../tensor.js";
import { tensorType } from "../types.js";
import { broadcastDims, combineTensors } from "./broadcast.js";

const NO_ATTRIBUTES = z.strictObject({});

/** An op on any number of tensors, element by element, with NumPy's broadcasting: a op b op c … */
export function defineVariadic<const N extends string>(op: {
  name: N;
  doc: string;
  source: string;
  precision: Precision;
  apply: (a: number, b: number) => number;
}): OpDefinition<N, typeof NO_ATTRIBUTES> {
  const { apply, ...rest } = op;
  return defineOp({
    ...rest,
    level: "primitive",
    operands: ["x", "more..."],
    attributes: NO_ATTRIBUTES,
    infer(operands) {
      const dims = operands.map((each) => each.dims).reduce(broadcastDims);
      return [tensorType(dims, operandAt(operands, 0).dtype)];
    },
    evaluate: (operands) => [operands.reduce((all, each) => combineTensors(all, each, apply))],
  });
}
