import { activationOps } from "./ops/activations.js";

const { relu, relu6, silu, hard_swish, hard_sigmoid, sigmoid, tanh, gelu } = activationOps;

/** The ops that a spec may name as an activation. The key is the op's name and the spec's word. */
export const activations = {
  relu,
  relu6,
  silu,
  hard_swish,
  hard_sigmoid,
  "hard_sigmoid_0.2": activationOps["hard_sigmoid_0.2"],
  sigmoid,
  tanh,
  gelu,
} as const;

export type ActivationName = keyof typeof activations;

export const ACTIVATION_NAMES = Object.keys(activations) as [ActivationName, ...ActivationName[]];
