import type { Diagnostic } from "../../base/diagnostic.js";
import { writeModel } from "../../files/models/write.js";
import { readBytes } from "../../files/read-file.js";
import { type Graph, usesType } from "../../ir/graph.js";
import { changesFunction } from "../../networks/spec-network.js";
import { withOwnIntegers } from "../../onnx/decode/own-integers.js";
import { modelBytes } from "../../onnx/encode/bytes.js";
import type { ModelParts } from "../../onnx/encode/layout.js";
import { lowerPrecision } from "../../passes/lower/lower-precision.js";
import type { ModelReport } from "../../reports/model-report.js";
import { coarseWeights } from "../../trials/coarse-weights.js";
import { quantizes } from "../../trials/quantized-runs.js";
import type { SwappedReport } from "../../trials/swapped-gates.js";
import { encode, isSimplified, lower, type RewriteTask } from "./encode.js";
import type { RewritePlan } from "./plan.js";
import type { RewriteVerification, VerifiedRewrite } from "./verify-rewrite.js";

/** What was found of a file before it is written. */
export interface CheckedParts {
  /** Undefined where nothing was compared. */
  readonly verification: RewriteVerification | undefined;
  /** Undefined where no gate was exchanged. */
  readonly swapped: SwappedReport | undefined;
  readonly warnings: readonly Diagnostic[];
}

/** Errors: `CheckError` for a file that doesn't give what it must, or that ONNX Runtime doesn't load. */
export async function checkParts(
  rewriting: RewriteTask,
  plan: RewritePlan,
  parts: ModelParts,
  { passes, newGates }: Pick<ModelReport, "passes" | "newGates">,
): Promise<CheckedParts> {
  const { options } = rewriting;
  const { constants } = rewriting.imported.source;
  const isLifted = isSimplified(rewriting.invocations) && constants.size > 0;
  const isUnchanged =
    passes.every(({ changed }) => !changed) && typeof options.batch !== "number" && !isLifted;
  const verified = options.verify === false || isUnchanged ? undefined : await verifiedParts(rewriting, plan);
  // The other passes leave every tensor in the type that it has.
  const changesTypes = passes.some(({ name, changed }) => changed && name === lowerPrecision.name);
  const wasRun = verified?.verification.of === "file";
  const warnings = wasRun || !changesTypes ? [] : await loaded(rewriting, parts);
  return {
    verification: verified?.verification,
    swapped: await swappedReport(rewriting, plan, parts, newGates),
    warnings: [...(verified?.notes ?? []), ...warnings],
  };
}

/** Runs in which weights are off by what rounding to half precision may do. */
const COARSE_RUNS = 2;

/** Compares what must keep the values with the original: the whole rewriting, or that of the gates into ops and back. */
async function verifiedParts(rewriting: RewriteTask, plan: RewritePlan): Promise<VerifiedRewrite> {
  const { file, imported, invocations, options } = rewriting;
  const { verifyRewrite } = await import("./verify-rewrite.js");
  options.onProgress?.("comparing it with the original", 0);
  const bytes = (lowered: Graph): Uint8Array =>
    modelBytes(encode(lowered, rewriting), { seed: options.seed ?? 0 });
  const keepsValues = !invocations.some(changesFunction);
  const inFloat32 = { ...options, precision: "fp32", halfIo: false } as const;
  const rewritten = keepsValues
    ? lower(plan.after, imported, options).graph
    : lower(plan.compared, imported, inFloat32).graph;
  const half = usesType(rewritten, "float16");
  const becomesHalf = half && !usesType(plan.compared, "float16");
  const { graph: unrounded } = lower(plan.compared, imported, inFloat32);
  const coarse = Array.from({ length: becomesHalf ? COARSE_RUNS : 0 }, (_, run) =>
    bytes(coarseWeights(unrounded, "float16", run)),
  );
  const written = bytes(rewritten);
  const exact = (model: Uint8Array) => withOwnIntegers({ bytes: model, file });
  const models = quantizes(plan.compared)
    ? { original: exact(readBytes(file)), rewritten: exact(written) ?? written, coarse }
    : { rewritten: written, coarse };
  const of = keepsValues ? "file" : "gates";
  return verifyRewrite(file, models, plan.compared, { of, half, inputValues: options.inputValues });
}

/** What became of the file's gates, and how far that moves its outputs; undefined where none was exchanged. */
async function swappedReport(
  { file, options, calibration }: RewriteTask,
  { exchange }: RewritePlan,
  parts: ModelParts,
  newGates: ModelReport["newGates"],
): Promise<SwappedReport | undefined> {
  if (exchange === undefined) return undefined;
  const { reportSwap } = await import("../../trials/swapped-gates.js");
  const { seed = 0, verify, onProgress, inputValues } = options;
  const models = () => {
    onProgress?.("running it beside the original", 0);
    return { before: file, after: modelBytes(parts, { seed }) };
  };
  const unrun = verify === false ? "--no-verify runs nothing" : undefined;
  return reportSwap(exchange, newGates, models, { calibration, seed, unrun, inputValues });
}

/** Has ONNX Runtime load what is about to be written: as a file, so that memory doesn't grow with the model. */
async function loaded(
  { file, options: { seed = 0, externalData } }: RewriteTask,
  parts: ModelParts,
): Promise<readonly Diagnostic[]> {
  const { loadRewrite } = await import("./load-rewrite.js");
  return loadRewrite(file, async (path) => {
    await writeModel(path, parts, { seed, externalData, digest: false });
  });
}
