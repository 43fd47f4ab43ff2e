import type { Diagnostic } from "../../base/diagnostic.js";
import type { Graph } from "../../ir/graph.js";
import { changesFunction } from "../../networks/spec-network.js";
import type { ModelParts } from "../../onnx/encode/layout.js";
import { modelBytes, writeModel } from "../../onnx/encode/write.js";
import type { PassReport } from "../../passes/engine/manager.js";
import type { PassInvocation } from "../../passes/engine/pass.js";
import type { Precision } from "../../passes/export-options.js";
import { lowerPrecision } from "../../passes/lower/lower-precision.js";
import type { NewGatesReport } from "../../trials/new-gates.js";
import type { SwappedReport } from "../../trials/swapped-gates.js";
import type { RewritePlan } from "./plan.js";
import type { RewriteOptions } from "./report.js";
import type { RewriteVerification } from "./verify-rewrite.js";

/** Compares what must keep the values with the original: the whole rewriting, or that of the gates into ops and back. */
export async function verified(
  file: string,
  plan: RewritePlan,
  invocations: readonly PassInvocation[],
  options: RewriteOptions,
  encode: (graph: Graph, precision: Precision | undefined) => Uint8Array,
): Promise<RewriteVerification> {
  const { verifyRewrite } = await import("./verify-rewrite.js");
  options.onProgress?.("comparing it with the original", 0);
  const keepsValues = !invocations.some(changesFunction);
  const precision = keepsValues ? options.precision : "fp32";
  const rewritten = encode(keepsValues ? plan.after : plan.before, precision);
  return verifyRewrite(file, rewritten, plan.before, keepsValues ? "file" : "gates", precision === "fp16");
}

/** What became of the file's gates, and how far that moves its outputs; undefined where none was exchanged. */
export async function swappedReport(
  file: string,
  { exchange, before }: RewritePlan,
  parts: ModelParts,
  newGates: NewGatesReport | undefined,
  options: RewriteOptions,
): Promise<SwappedReport | undefined> {
  if (exchange === undefined) return undefined;
  const { movedOutputs, swappedGates } = await import("../../trials/swapped-gates.js");
  const gates = swappedGates(exchange, newGates);
  if (gates.length === 0) return undefined;
  if (options.verify === false) return { gates, moved: null, reason: "--no-verify runs nothing" };
  options.onProgress?.("running it beside the original", 0);
  const models = { before: file, after: modelBytes(parts, { seed: options.seed ?? 0 }) };
  return { gates, ...(await movedOutputs(models, before, options)) };
}

export function changesTypes(passes: readonly PassReport[]): boolean {
  return passes.some(({ name, changed }) => changed && name === lowerPrecision.name);
}

/** Has ONNX Runtime load what is about to be written: as a file, so that memory doesn't grow with the model. */
export async function loaded(
  file: string,
  parts: ModelParts,
  seed: number,
  { externalData }: RewriteOptions,
): Promise<readonly Diagnostic[]> {
  const { loadRewrite } = await import("./verify-rewrite.js");
  return loadRewrite(file, async (path) => {
    await writeModel(path, parts, { seed, externalData, digest: false });
  });
}
