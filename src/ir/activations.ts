import { activationOps } from "./ops/activations.js";

const { relu, relu6, silu, hard_swish, hard_sigmoid, sigmoid, tanh, gelu, mish } = activationOps;

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
  mish,
  "leaky_relu_0.1": activationOps["leaky_relu_0.1"],
  "leaky_relu_0.01": activationOps["leaky_relu_0.01"],
  "leaky_relu_0.001": activationOps["leaky_relu_0.001"],
} as const;

export type ActivationName = keyof typeof activations;

export const ACTIVATION_NAMES = Object.keys(activations) as [ActivationName, ...ActivationName[]];

/** The slopes of the leaky ReLUs that have a word. */
export const LEAKY_SLOPES = {
  "leaky_relu_0.1": 0.1,
  "leaky_relu_0.01": 0.01,
  "leaky_relu_0.001": 0.001,
} as const satisfies { readonly [A in ActivationName]?: number };

export const LEAKY_NAMES = Object.keys(LEAKY_SLOPES) as (keyof typeof LEAKY_SLOPES)[];
