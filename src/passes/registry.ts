import { eliminateCommonSubexpressions } from "./eliminate-common-subexpressions.js";
import { eliminateDeadCode } from "./eliminate-dead-code.js";
import { foldBatchNorm } from "./fold-batch-norm.js";
import { foldConstants } from "./fold-constants.js";
import { lowerActivation } from "./lower-activation.js";
import { lowerAttention } from "./lower-attention.js";
import { lowerPrecision } from "./lower-precision.js";
import type { Pass } from "./pass.js";
import { raiseActivation } from "./raise-activation.js";
import { raiseAttentionPass } from "./raise-attention.js";
import { removeAttention } from "./remove-attention.js";
import { simplify } from "./simplify.js";
import { stressWeights } from "./stress-weights.js";
import { stripTraining } from "./strip-training.js";
import { swapAttention } from "./swap-attention.js";

/** Every pass by its name. A new one is its file and a line here. */
export const passes = {
  "raise-attention": raiseAttentionPass,
  "raise-activation": raiseActivation,
  "swap-attention": swapAttention,
  "remove-attention": removeAttention,
  "strip-training": stripTraining,
  "fold-batch-norm": foldBatchNorm,
  "lower-attention": lowerAttention,
  "lower-activation": lowerActivation,
  "fold-constants": foldConstants,
  simplify,
  "lower-precision": lowerPrecision,
  "eliminate-common-subexpressions": eliminateCommonSubexpressions,
  "eliminate-dead-code": eliminateDeadCode,
  "stress-weights": stressWeights,
} as const satisfies { readonly [N in string]: Pass<N> };

export type PassName = keyof typeof passes;

export const PASS_NAMES = Object.keys(passes) as readonly PassName[];

export function isPassName(name: string): name is PassName {
  return Object.hasOwn(passes, name);
}

/** A pass without its exact type, for code that treats all passes alike. */
export function passOf(name: PassName): Pass {
  return passes[name];
}
