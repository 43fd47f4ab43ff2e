import type { NormStep } from "./step.js";
import { constantVector, type RaisedParameter } from "./weights.js";

/** ε of a normalisation that is none: any would do. */
const EPSILON = 1e-5;

/** The operands of a batch normalisation, and its ε. */
export interface RaisedNorm {
  readonly parameters: readonly RaisedParameter[];
  readonly epsilon: number;
}

/**
 * The normalisation after a layer of so many channels. One that was folded into the layer is left as its bias: as a
 * normalisation that is a bias with a scale of 1, a mean of 0 and a variance of 1 - ε. These constants are nothing that
 * was trained, and don't count.
 */
export function normOf(
  channels: number,
  norm: NormStep | undefined,
  bias: RaisedParameter | undefined,
): RaisedNorm {
  if (norm !== undefined) return { parameters: norm.parameters, epsilon: norm.epsilon };
  const constant = (value: number): RaisedParameter => constantVector(channels, value);
  return {
    parameters: [constant(1), bias ?? constant(0), constant(0), constant(1 - EPSILON)],
    epsilon: EPSILON,
  };
}
