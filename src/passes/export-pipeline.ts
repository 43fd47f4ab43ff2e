import type { Target } from "./lower-attention/strategy.js";
import type { PassInvocation } from "./pass.js";
import { invocationOf } from "./pipeline.js";

export type { Target } from "./lower-attention/strategy.js";

/** What an export depends on. */
export interface ExportPipelineOptions {
  /** Version of the ONNX operator set. Left out, the default of `lower-activation`. */
  readonly opset?: number | undefined;
  readonly target?: Target | undefined;
  /** Leaves batch normalisation as it is. */
  readonly keepBatchNorm?: boolean | undefined;
}

/**
 * The passes from a network at model level to one of ONNX operators. Attention is lowered first, because it makes
 * activations and normalisations; the clean-up comes last.
 */
export function exportPipeline({
  opset,
  target,
  keepBatchNorm = false,
}: ExportPipelineOptions): readonly PassInvocation[] {
  return [
    invocationOf("strip-training"),
    invocationOf("lower-attention", target === undefined ? {} : { target }),
    ...(keepBatchNorm ? [] : [invocationOf("fold-batch-norm")]),
    invocationOf("lower-activation", opset === undefined ? {} : { opset }),
    invocationOf("fold-constants"),
    invocationOf("eliminate-common-subexpressions"),
    invocationOf("eliminate-dead-code"),
  ];
}
