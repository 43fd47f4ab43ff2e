import { absorbFactors } from "./absorb-factors.js";
import type { Pass } from "./engine/pass.js";
import { foldBatchNorm } from "./fold-batch-norm.js";
import { insertAttention } from "./insert/insert-attention.js";
import { lowerActivation } from "./lower/lower-activation.js";
import { lowerAttention } from "./lower/lower-attention.js";
import { lowerPrecision } from "./lower/lower-precision.js";
import { mergeConvolutions } from "./merge-convolutions.js";
import { raiseActivation } from "./raise/raise-activation.js";
import { raiseAttentionPass } from "./raise/raise-attention.js";
import { eliminateCommonSubexpressions, eliminateDeadCode } from "./simplify/eliminate.js";
import { foldConstants } from "./simplify/fold-constants.js";
import { simplify } from "./simplify/simplify.js";
import { specializeGates } from "./specialize/specialize-gates.js";
import { standardizeWeights } from "./standardize-weights.js";
import { stressWeights } from "./stress-weights/stress-weights.js";
import { stripTraining } from "./strip-training.js";
import { removeAttention } from "./swap/remove-attention.js";
import { swapAttention } from "./swap/swap-attention.js";

/** Every pass by its name. A new one is its file and a line here. */
export const passes = {
  "raise-attention": raiseAttentionPass,
  "raise-activation": raiseActivation,
  "swap-attention": swapAttention,
  "remove-attention": removeAttention,
  "insert-attention": insertAttention,
  "strip-training": stripTraining,
  "standardize-weights": standardizeWeights,
  "fold-batch-norm": foldBatchNorm,
  "merge-convolutions": mergeConvolutions,
  "absorb-factors": absorbFactors,
  "lower-attention": lowerAttention,
  "lower-activation": lowerActivation,
  "fold-constants": foldConstants,
  simplify,
  "specialize-gates": specializeGates,
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
