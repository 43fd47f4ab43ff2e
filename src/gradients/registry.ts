import type { PrimitiveOpName } from "../ir/ops/registry.js";
import type { GradientRule, NoRule } from "./rule.js";
import { activationRules } from "./rules/activations.js";
import { convolutionRules } from "./rules/convolutions.js";
import { elementwiseRules } from "./rules/elementwise.js";
import { linearRules } from "./rules/linear.js";
import { moveRules } from "./rules/moves.js";
import { normRules } from "./rules/norms.js";
import { poolRules } from "./rules/pools.js";
import { reductionRules } from "./rules/reductions.js";
import { resizingRules } from "./rules/resizing.js";

/** The derivatives of each op, or why there are none. */
export const gradientRules = {
  ...activationRules,
  ...convolutionRules,
  ...elementwiseRules,
  ...linearRules,
  ...moveRules,
  ...normRules,
  ...poolRules,
  ...reductionRules,
  ...resizingRules,
  reduce_prod: { none: "a product with a 0 in it can't be divided by that" },
  gather: { none: "what it gathers may be gathered more than once" },
  gather_elements: { none: "it selects by indices that are computed" },
  gather_nd: { none: "it selects by indices that are computed" },
  top_k: { none: "what it selects changes in steps" },
  nonzero: { none: "what it finds changes in steps" },
  non_max_suppression: { none: "what it keeps changes in steps" },
  roi_align: { none: "it samples at regions that are computed" },
  dropout: { none: "it is random in training" },
  opaque: { none: "it is no op of the IR" },
} as const satisfies { readonly [N in PrimitiveOpName]: GradientRule<N> | NoRule };
