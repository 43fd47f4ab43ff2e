import type { AttentionType } from "../../ir/attention/registry.js";
import type { OpOf, Value } from "../../ir/graph.js";
import type { RewriteContext } from "../../ir/rewrite.js";
import type { LoweringOptions } from "./strategy.js";

/** The op of an attention type, or of any. */
export type AttentionOp<T extends AttentionType = AttentionType> = OpOf<`attention.${T}`>;

/** Builds a gate of one type from primitive ops and activations, and gives the gated x. */
export type AttentionLowering<T extends AttentionType = AttentionType> = (
  op: AttentionOp<T>,
  context: RewriteContext,
  options: LoweringOptions,
) => Value;
