import type { PassInvocation } from "./engine/pass.js";
import { invocationOf } from "./engine/pipeline.js";
import type { ExportPipelineOptions } from "./export-options.js";

/**
 * The passes from somebody's network, in which gates and activations were raised, back to operators. What is an operator
 * already stays: batch normalisation is not folded, and nothing else is cleaned up.
 */
export function rewritePipeline({
  opset,
  target,
  threads,
  precision = "fp32",
}: Omit<ExportPipelineOptions, "keepBatchNorm">): readonly PassInvocation[] {
  return [
    invocationOf("lower-attention", target === undefined ? {} : { target }),
    invocationOf("lower-activation", opset === undefined ? {} : { opset: Math.max(opset, OLDEST_LOWERED) }),
    ...specializing({ target, threads, precision }),
    ...(precision === "fp32" ? [] : [invocationOf("lower-precision", { to: precision })]),
  ];
}

/** What the oldest opset that activations are lowered for has, those before have too. */
const OLDEST_LOWERED = 13;

/**
 * The passes from a network at model level to one of ONNX operators. Attention is lowered first, because it makes
 * activations and normalisations; the clean-up comes last.
 */
export function exportPipeline({
  opset,
  target,
  threads,
  keepBatchNorm = false,
  precision = "fp32",
}: ExportPipelineOptions): readonly PassInvocation[] {
  return [
    invocationOf("strip-training"),
    invocationOf("standardize-weights"),
    invocationOf("lower-attention", target === undefined ? {} : { target }),
    ...(keepBatchNorm ? [] : [invocationOf("fold-batch-norm")]),
    invocationOf("lower-activation", opset === undefined ? {} : { opset }),
    invocationOf("fold-constants"),
    ...specializing({ target, threads, precision }),
    ...(precision === "fp32" ? [] : [invocationOf("lower-precision", { to: precision })]),
    invocationOf("eliminate-common-subexpressions"),
    invocationOf("eliminate-dead-code"),
  ];
}

/** What makes the gates fast on the target. Which of their forms is the fastest was measured in float32. */
function specializing({
  target,
  threads,
  precision,
}: Pick<ExportPipelineOptions, "target" | "threads" | "precision">): readonly PassInvocation[] {
  if (target !== "cpu" || precision !== "fp32") return [];
  return [invocationOf("specialize-gates", threads === undefined ? {} : { threads })];
}
