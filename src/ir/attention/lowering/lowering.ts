import type { OpOf, Value } from "../../graph.js";
import type { RewriteContext } from "../../rewrite.js";
import type { AttentionKind } from "../modules.js";
import type { LoweringOptions } from "./strategy.js";

/** The op of an attention type, or of any. */
export type AttentionOp<T extends AttentionKind = AttentionKind> = OpOf<`attention.${T}`>;

/** Builds attention of one type from primitive ops and activations, and gives its result. */
export type AttentionLowering<T extends AttentionKind = AttentionKind> = (
  op: AttentionOp<T>,
  context: RewriteContext,
  options: LoweringOptions,
) => Value;
