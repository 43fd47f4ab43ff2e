import { countNetwork } from "../analysis/counts.js";
import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { asOneRun } from "../base/files-read.js";
import { packageVersion } from "../base/package.js";
import { refuseOverwriting } from "../base/refuse-overwriting.js";
import { type Graph, usesType } from "../ir/graph.js";
import { type ImportedModel, openModel } from "../onnx/import.js";
import type { ModelParts } from "../onnx/layout.js";
import { encodeRewritten } from "../onnx/rewritten/model.js";
import type { Sizes } from "../onnx/value-info.js";
import { modelBytes, writeModel } from "../onnx/write.js";
import { type Precision, rewritePipeline, type Target } from "../passes/export-pipeline.js";
import { lowerPrecision } from "../passes/lower-precision.js";
import { type PassReport, type PipelineHooks, runPasses } from "../passes/manager.js";
import type { PassInvocation } from "../passes/pass.js";
import { printPipeline } from "../passes/pipeline.js";
import { type RaisedGate, type RejectedGate, raiseAttention } from "../passes/raise-attention.js";
import { startHalfRounding } from "../weights/half.js";
import { type AssumedModel, openAssumed } from "./assumed-sizes.js";
import { halfPrecisionOf, saturationWarnings } from "./half-precision.js";
import { idleNotes, type ModelReport, totalsOf, type WrittenReport } from "./model-report.js";
import { changesFunction } from "./network.js";
import type { NewGatesOptions, NewGatesReport } from "./new-gates.js";
import { type OpaqueOperator, opaqueOperators } from "./opaque-operators.js";
import { passesOfFlag } from "./passes-flag.js";
import { leadingTidy, planRewrite, type RewritePlan } from "./rewrite/plan.js";
import { sameParts } from "./rewrite/same-parts.js";
import { swapInvocations } from "./rewrite/swaps.js";
import type { RewriteVerification } from "./rewrite/verify-rewrite.js";
import type { SwappedReport } from "./swapped/swapped-gates.js";

export interface RewriteOptions extends NewGatesOptions {
  /** The rewritten file. Left out, nothing is written, and only what was found is reported. */
  readonly output?: string | undefined;
  /** Swaps of gates, `se=eca`, before the passes. */
  readonly swaps?: readonly string[] | undefined;
  /** Passes in pipeline text form. */
  readonly passes?: string | undefined;
  readonly target?: Target | undefined;
  readonly precision?: Precision | undefined;
  /** The batch of the rewritten file, where that of the original is open. */
  readonly batch?: number | undefined;
  /** The seed of the numbers that new gates start with. Default 0. */
  readonly seed?: number | undefined;
  /** Writes the weights to a file beside the model. Default: where the original has such. */
  readonly externalData?: boolean | undefined;
  /** Whether what must keep the values is run and compared with the original. What changes element types is loaded in any case. Default: true. */
  readonly verify?: boolean | undefined;
  /** Whether the report has the file's sha256. Default: true. */
  readonly digest?: boolean | undefined;
  readonly hooks?: PipelineHooks | undefined;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** What `ecagen rewrite --json` prints. */
export interface RewriteReport extends Partial<WrittenReport>, ModelReport {
  readonly raised: readonly RaisedGate[];
  readonly rejected: readonly RejectedGate[];
  /** The operators of the original that are handed on without being known: no gate is found in them, nor MACs. */
  readonly opaque: readonly OpaqueOperator[];
  readonly verification?: RewriteVerification;
}

/**
 * Runs passes on somebody's ONNX file:
 *
 *     IN.onnx ─1─ IR of the batch asked for, tidied ─2─ gates raised, blocks found ─3─ passes ─4─ new gates started
 *             ─5─ IR of primitives ─6─ held against the original, where values must be kept ─7─ OUT.onnx
 *
 * What no pass touches stays in the file as it is, byte for byte.
 *
 * Errors: `InputError` for a file that is no model and for wrong passes, `CheckError` where what must keep the values
 * doesn't; none leaves a file.
 */
export function rewrite(file: string, options: RewriteOptions = {}): Promise<RewriteReport> {
  return asOneRun(() => rewriteFile(file, options));
}

async function rewriteFile(file: string, options: RewriteOptions): Promise<RewriteReport> {
  const invocations = invocationsOf(options);
  const sizes = options.batch === undefined ? {} : batchSizes(file, options.batch);
  const imported = openAssumed(file, undefined, sizes);
  try {
    refuseOverwriting([options.output]);
    return await rewriteOpened(file, { ...imported, sizes }, invocations, options);
  } finally {
    imported.close();
  }
}

/** A file with the sizes that it was read with in place of symbols, which the rewritten file gets. */
type SizedModel = AssumedModel & { readonly sizes: Sizes };

/**
 * The swaps, then the passes. Passes that only tidy up show gates that were out of sight, so those that come first are run
 * before the swaps as well: one command gives what one for each does, in whichever order its flags are.
 */
function invocationsOf({ swaps = [], passes }: RewriteOptions): readonly PassInvocation[] {
  const swapping = swapInvocations(swaps);
  const others = passesOfFlag("--passes", passes);
  return [...(swapping.length === 0 ? [] : leadingTidy(others)), ...swapping, ...others];
}

async function rewriteOpened(
  file: string,
  imported: SizedModel,
  invocations: readonly PassInvocation[],
  options: RewriteOptions,
): Promise<RewriteReport> {
  const plan = planRewrite(imported.graph, invocations, {
    hooks: options.hooks,
    found(gates) {
      if ((options.swaps ?? []).length > 0 && gates.raised.length === 0) throw noGate(file, gates);
    },
  });
  const { graph: after, newGates } = await startGates(imported, plan, options);
  const lower = (graph: Graph, precision?: Precision) =>
    runPasses(graph, rewritePipeline({ opset: imported.opset, target: options.target, precision }));
  const { graph: lowered, reports } = lower(after, options.precision);
  const seed = options.seed ?? 0;
  const encode = (graph: Graph) => encodeRewritten(graph, imported, encoding(imported, invocations, options));
  const rounding = startHalfRounding();
  // With all gates in sight, those that no pass has changed too.
  const counts = countNetwork(raiseAttention(after).graph);
  const report = {
    opset: imported.opset,
    nodes: lowered.ops.length,
    ...totalsOf(counts),
    passes: [...plan.reports, ...reports],
    raised: plan.raised,
    rejected: plan.rejected,
    opaque: opaqueOperators(imported.foreign),
    ...(newGates === undefined ? {} : { newGates }),
    notes: idleNotes(plan.reports),
  };
  const warnings = [...imported.notes, ...plan.warnings];
  if (options.output === undefined) return { ...report, warnings };

  if (imported.side !== undefined) {
    refuseSized(file, imported, (model) => {
      const { after } = planRewrite(model.graph, invocations);
      const pipeline = rewritePipeline({
        opset: model.opset,
        target: options.target,
        precision: options.precision,
      });
      return encodeRewritten(runPasses(after, pipeline).graph, model, encoding(model, invocations, options));
    });
  }
  const parts = encode(lowered);
  const isUnchanged = report.passes.every(({ changed }) => !changed) && options.batch === undefined;
  const verification =
    options.verify === false || isUnchanged
      ? undefined
      : await verified(file, plan, invocations, options, (graph, precision) =>
          modelBytes(encode(lower(graph, precision).graph), { seed }),
        );
  // The other passes leave every tensor in the type that it has.
  const wasRun = verification?.of === "file";
  const unloaded = wasRun || !changesTypes(report.passes) ? [] : await loaded(file, parts, seed, options);
  const swapped = await swappedReport(file, plan, parts, newGates, options);
  const written = await writeModel(options.output, parts, {
    seed,
    rounding,
    externalData: options.externalData ?? imported.source.hasExternalData,
    digest: options.digest,
    ...(options.onProgress === undefined
      ? {}
      : { onProgress: (part) => options.onProgress?.("writing the model", part) }),
  });
  return {
    output: options.output,
    ...written,
    ...report,
    ...(verification === undefined ? {} : { verification }),
    ...(swapped === undefined ? {} : { swapped }),
    ...(usesType(lowered, "float16") && options.precision === "fp16"
      ? { halfPrecision: halfPrecisionOf(lowered, rounding) }
      : {}),
    warnings: [...warnings, ...unloaded, ...saturationWarnings(rounding)],
  };
}

/** Another height and width than the one that was assumed. */
const OTHER_SIDE = 320;

/**
 * Rewrites the file once more with another height and width in place of those that it leaves open. Errors: `InputError`
 * where that gives another file: it would hold for one size only.
 */
function refuseSized(file: string, imported: SizedModel, parts: (model: SizedModel) => ModelParts): void {
  const other = openAssumed(file, OTHER_SIDE, imported.sizes);
  try {
    if (sameParts(parts(imported), parts({ ...other, sizes: imported.sizes }))) return;
  } catch (error) {
    // Passes that fit one size and not the other.
    if (!(error instanceof InputError)) throw error;
  } finally {
    other.close();
  }
  const open = imported.openSizes.join(", ");
  throw InputError.of(
    "rewrite/open-size",
    `the passes would make a network for one size of its maps, and ${file} leaves ${open} open`,
    {
      file,
      hint: "export it with a fixed height and width; swaps of gates by one-dimensional ones, as ECA, and by SE need none",
    },
  );
}

/** A user who asks for a swap in a file without gates needs to know where to look. */
function noGate(file: string, { rejected }: Pick<RewritePlan, "rejected">): InputError {
  const hint =
    rejected.length > 0 ? "--explain says what looks like one" : "ecagen inspect shows what the file has";
  return InputError.of("rewrite/no-gate", `no gate was found in ${file} that could be swapped`, {
    file,
    hint,
  });
}

/** The network whose swapped gates start as the user asks; without such a wish as it is, and nothing is run. */
async function startGates(
  imported: ImportedModel,
  { before, after }: RewritePlan,
  options: RewriteOptions,
): Promise<{ readonly graph: Graph; readonly newGates?: NewGatesReport }> {
  const { newGates = "init", calibrate, seed = 0, target } = options;
  if (newGates === "init" && calibrate === undefined) return { graph: after };
  const { startNewGates } = await import("./new-gates.js");
  options.onProgress?.("running the network for its gates", 0);
  const pipeline = rewritePipeline({ opset: imported.opset, target });
  const encode = (graph: Graph): Uint8Array =>
    modelBytes(encodeRewritten(runPasses(graph, pipeline).graph, imported), { seed });
  const { graph, report } = await startNewGates(before, after, options, seed, encode);
  return { graph, newGates: report };
}

/** Holds what must keep the values against the original: the whole rewriting, or that of the gates into ops and back. */
async function verified(
  file: string,
  plan: RewritePlan,
  invocations: readonly PassInvocation[],
  options: RewriteOptions,
  encode: (graph: Graph, precision: Precision | undefined) => Uint8Array,
): Promise<RewriteVerification> {
  const { verifyRewrite } = await import("./rewrite/verify-rewrite.js");
  options.onProgress?.("holding it against the original", 0);
  const keepsValues = !invocations.some(changesFunction);
  const precision = keepsValues ? options.precision : "fp32";
  const rewritten = encode(keepsValues ? plan.after : plan.before, precision);
  return verifyRewrite(file, rewritten, plan.before, keepsValues ? "file" : "gates", precision === "fp16");
}

/** What became of the file's gates, and how far that moves its outputs; undefined where none was exchanged. */
async function swappedReport(
  file: string,
  { exchange, before }: RewritePlan,
  parts: ModelParts,
  newGates: NewGatesReport | undefined,
  options: RewriteOptions,
): Promise<SwappedReport | undefined> {
  if (exchange === undefined) return undefined;
  const { movedOutputs, swappedGates } = await import("./swapped/swapped-gates.js");
  const gates = swappedGates(exchange, newGates);
  if (gates.length === 0) return undefined;
  if (options.verify === false) return { gates, moved: null, reason: "--no-verify runs nothing" };
  options.onProgress?.("running it beside the original", 0);
  const models = { before: file, after: modelBytes(parts, { seed: options.seed ?? 0 }) };
  return { gates, ...(await movedOutputs(models, before, options)) };
}

function changesTypes(passes: readonly PassReport[]): boolean {
  return passes.some(({ name, changed }) => changed && name === lowerPrecision.name);
}

/** Has ONNX Runtime load what is about to be written: as a file, so that memory doesn't grow with the model. */
async function loaded(
  file: string,
  parts: ModelParts,
  seed: number,
  { externalData }: RewriteOptions,
): Promise<readonly Diagnostic[]> {
  const { loadRewrite } = await import("./rewrite/verify-rewrite.js");
  return loadRewrite(file, async (path) => {
    await writeModel(path, parts, { seed, externalData, digest: false });
  });
}

function encoding(
  { sizes, side }: SizedModel,
  invocations: readonly PassInvocation[],
  { seed = 0 }: RewriteOptions,
): Parameters<typeof encodeRewritten>[2] {
  const metadata =
    invocations.length === 0
      ? {}
      : {
          "ecagen.version": packageVersion(),
          "ecagen.rewrite": printPipeline(invocations),
          "ecagen.seed": String(seed),
        };
  return { metadata, sizes, undeclared: side !== undefined };
}

/**
 * The symbols of the inputs' first sizes, fixed. Inputs without such a symbol have no batch. Errors: `InputError` where no
 * batch is open and it is another number.
 */
function batchSizes(file: string, batch: number): Sizes {
  const open = openModel(file);
  open.close();
  const { inputs } = open.graph;
  const symbols = inputs.flatMap(({ type: { dims } }) => (typeof dims[0] === "string" ? [dims[0]] : []));
  const fixed = inputs.find(({ type: { dims } }) => dims[0] !== undefined && dims[0] !== batch);
  if (symbols.length === 0 && fixed !== undefined) {
    const text = `the input ${fixed.name} has a batch of ${fixed.type.dims[0]}, which can't become ${batch}`;
    throw InputError.of("rewrite/batch", text);
  }
  return Object.fromEntries(symbols.map((symbol) => [symbol, batch]));
}
