import type { Target } from "../ir/attention/lowering/strategy.js";

/** What a model computes in: float32, or float16 wherever that is safe. Inputs and outputs are float32 in both, unless `halfIo` is asked for. */
export const PRECISIONS = ["fp32", "fp16"] as const;

export type ModelPrecision = (typeof PRECISIONS)[number];

/** What an export depends on. */
export interface ExportPipelineOptions {
  /** Version of the ONNX operator set. Left out, the default of `lower-activation`. */
  readonly opset?: number | undefined;
  readonly target?: Target | undefined;
  /** Threads that the model will run with, for the target `cpu`. Default: 1. */
  readonly threads?: number | undefined;
  /** Leaves batch normalisation as it is. */
  readonly keepBatchNorm?: boolean | undefined;
  /** Default: fp32. */
  readonly precision?: ModelPrecision | undefined;
  /** With fp16: inputs and outputs are float16 too. Default: they keep their types. */
  readonly halfIo?: boolean | undefined;
}
