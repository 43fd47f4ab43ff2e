import { mismatch } from "./mismatch.js";
import type { LinearStep } from "./step.js";
import { constantVector, type RaisedParameter, withDims } from "./weights.js";

/** The layer's weights as those of a 1×1 convolution. */
export function asConvolution({ op, weight }: LinearStep): RaisedParameter {
  return withDims(op, weight, [...weight.data.dims, 1, 1]);
}

/** The weights of two layers after each other, and both their biases or none: where one has none, its bias is 0. */
export interface Excitation {
  readonly weights: readonly [reduce: RaisedParameter, expand: RaisedParameter];
  readonly biases: readonly [] | readonly [reduce: RaisedParameter, expand: RaisedParameter];
}

export function excitationOf(reduce: LinearStep, expand: LinearStep): Excitation {
  for (const { op, groups } of [reduce, expand]) {
    if (groups !== 1) mismatch(op, `it is cut into ${groups} groups`);
  }
  return {
    weights: [asConvolution(reduce), asConvolution(expand)],
    biases: reduce.bias === undefined && expand.bias === undefined ? [] : [biasOf(reduce), biasOf(expand)],
  };
}

export function biasOf({ bias, outputs }: LinearStep): RaisedParameter {
  return bias ?? constantVector(outputs, 0);
}
