import { defined } from "../base/defined.js";
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
    ...specializing({ opset, target, threads, precision }),
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
    ...specializing({ opset, target, threads, precision }),
    ...(precision === "fp32" ? [] : [invocationOf("lower-precision", { to: precision })]),
    invocationOf("eliminate-common-subexpressions"),
    invocationOf("eliminate-dead-code"),
  ];
}

type Specializing = Pick<ExportPipelineOptions, "opset" | "target" | "threads" | "precision">;

/** Whether gates are written in the form that is fastest on the target: which that is was measured in float32. */
export function isSpecialized({ target, precision = "fp32" }: Specializing): boolean {
  return target === "cpu" && precision === "fp32";
}

function specializing(options: Specializing): readonly PassInvocation[] {
  const { threads, opset } = options;
  return isSpecialized(options) ? [invocationOf("specialize-gates", defined({ threads, opset }))] : [];
}
