import * as z from "zod";
import { type Initializer, startAtOne, startAtZero } from "../initializers.js";
import { group, weights } from "../operands.js";
import { norms } from "../ops/norms.js";
import type { Tensor } from "../tensor.js";
import { expectDims, type TensorType } from "../types.js";
import type { PlannedParameter } from "./module.js";

/** What a batch normalisation inside of an op takes beside its map, in the order of `normParameters`. */
export interface NormParts<T> {
  readonly scale: T;
  readonly shift: T;
  readonly mean: T;
  readonly variance: T;
}

/** The operands of a batch normalisation inside of an op: `norm: normOperands`. */
export const normOperands = group({ scale: weights, shift: weights, mean: weights, variance: weights });

const MEMBERS = ["scale", "shift", "mean", "variance"] as const;

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
export function expectNorm(norm: NormParts<TensorType>, channels: number): void {
  for (const member of MEMBERS) expectDims(norm[member], [channels], `norm_${member}`);
}

/** BN(x) with its running statistics. */
export function normalized(x: Tensor, norm: NormParts<Tensor>, epsilon: number): Tensor {
  return norms.batch_norm.evaluate({ x, ...norm }, { epsilon, momentum: 0.1 });
}
