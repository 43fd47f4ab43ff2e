import type { ActivationName } from "../../ir/activations.js";

/** What is fixed about an SE gate before it has weights: C channels squeezed to `hidden`. */
export interface SeShape {
  readonly channels: number;
  readonly squeezed: number;
  readonly hidden: ActivationName;
  readonly gate: ActivationName;
}

/**
 * The two layers of an SE gate, s = gate(expand · hidden(reduce · z + reduceBias) + expandBias), row-major: reduce [squeezed, C],
 * expand [C, squeezed].
 */
export interface SeWeights {
  readonly reduce: Float64Array;
  readonly expand: Float64Array;
  readonly reduceBias: Float64Array;
  readonly expandBias: Float64Array;
}
