import { gelu } from "./ops/gelu.js";
import { hardSigmoid } from "./ops/hard-sigmoid.js";
import { hardSigmoidFifth } from "./ops/hard-sigmoid-0.2.js";
import { hardSwish } from "./ops/hard-swish.js";
import { relu } from "./ops/relu.js";
import { relu6 } from "./ops/relu6.js";
import { sigmoid } from "./ops/sigmoid.js";
import { silu } from "./ops/silu.js";
import { tanh } from "./ops/tanh.js";

/** The ops that a spec may name as an activation. The key is the op's name and the spec's word. */
export const activations = {
  relu,
  relu6,
  silu,
  hard_swish: hardSwish,
  hard_sigmoid: hardSigmoid,
  "hard_sigmoid_0.2": hardSigmoidFifth,
  sigmoid,
  tanh,
  gelu,
} as const;

export type ActivationName = keyof typeof activations;

export const ACTIVATION_NAMES = Object.keys(activations) as [ActivationName, ...ActivationName[]];
