import * as z from "zod";
import { type Initializer, startAtOne, startAtZero } from "../initializers.js";
import { batchNorm } from "../ops/batch-norm.js";
import { operandAt, type Tensor } from "../tensor.js";
import { expectDims, type TensorType } from "../types.js";
import type { PlannedParameter } from "./module.js";

/** The names of a batch normalisation's operands in an op's list, in the order of `normParameters`. */
export const NORM_OPERANDS = ["norm_scale", "norm_shift", "norm_mean", "norm_variance"] as const;

/** What an op says of a batch normalisation inside of it. */
export const normEpsilon = z.number().positive().default(1e-5);

export const normEpsilonOption = normEpsilon.describe("ε of the batch normalisation in the module.");

/** Scale, shift and running statistics of a batch normalisation inside of a module. */
export function normParameters(
  name: string,
  channels: number,
  scale: Initializer = startAtOne,
): readonly PlannedParameter[] {
  const dims = [channels];
  return [
    { name: `${name}.weight`, dims, init: scale },
    { name: `${name}.bias`, dims, init: startAtZero },
    { name: `${name}.running_mean`, dims, init: startAtZero, role: "buffer" },
    { name: `${name}.running_var`, dims, init: startAtOne, role: "buffer" },
  ];
}

/** Refuses operands that are no normalisation of that many channels. */
export function expectNorm(operands: readonly (TensorType | undefined)[], channels: number): void {
  NORM_OPERANDS.forEach((name, i) => {
    expectDims(operands[i], [channels], name);
  });
}

/** BN(x) with its running statistics. */
export function normalized(x: Tensor, norm: readonly Tensor[], epsilon: number): Tensor {
  return operandAt(batchNorm.evaluate([x, ...norm], { epsilon, momentum: 0.1 }), 0);
}
