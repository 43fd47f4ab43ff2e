import * as z from "zod";
import { defineOp, type OpDefinition, type Precision } from "../op.js";
import { operandAt } from "../tensor.js";
import { featureMap, tensorType } from "../types.js";
import { type Reduction, reduceTensor } from "./reduction.js";

const NO_ATTRIBUTES = z.strictObject({});

/** An op that makes one number of each channel of a feature map. */
export function defineGlobalPool<const N extends string>(op: {
  name: N;
  doc: string;
  source: string;
  precision: Precision;
  reduction: Reduction;
}): OpDefinition<N, typeof NO_ATTRIBUTES> {
  const { reduction, ...rest } = op;
  return defineOp({
    ...rest,
    level: "primitive",
    operands: ["x"],
    attributes: NO_ATTRIBUTES,
    infer([x]) {
      const [n, channels] = featureMap(x, "x");
      return [tensorType([n, channels, 1, 1], x?.dtype)];
    },
    evaluate: (operands) => [reduceTensor(operandAt(operands, 0), [2, 3], reduction)],
  });
}
