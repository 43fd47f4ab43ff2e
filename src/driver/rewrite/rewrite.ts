import { countNetwork } from "../../analysis/counts.js";
import { defined } from "../../base/defined.js";
import { Defect, InputError } from "../../base/diagnostic.js";
import { writeTextSync } from "../../files/atomic-file.js";
import { asOneRun } from "../../files/files-read.js";
import { refuseExternalData } from "../../files/models/in-memory.js";
import { refuseOutputs } from "../../files/refuse-outputs.js";
import { fileAmong } from "../../files/standard-streams.js";
import { givenCalibration } from "../../given/calibration.js";
import { openAssumed } from "../../given/onnx-file.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import type { Graph } from "../../ir/graph.js";
import { opaqueOperators } from "../../networks/file-network.js";
import { imageMetadata } from "../../networks/metadata.js";
import type { NewGatesReport } from "../../new-gates/start.js";
import { modelBytes } from "../../onnx/encode/bytes.js";
import { importedOpset } from "../../onnx/file/opset.js";
import { encodeRewritten } from "../../onnx/rewritten/model.js";
import type { PassInvocation } from "../../passes/engine/pass.js";
import { invocationOf, passesOfFlag } from "../../passes/engine/pipeline.js";
import { insertInvocations } from "../../passes/insert/flags.js";
import { raiseAttention } from "../../passes/raise/raise-attention.js";
import { choiceCurve } from "../../reports/charts/choice-curve.js";
import { irHooks } from "../../reports/ir-dump.js";
import { figuresOf, idleNotes, insertedOf, type WrittenReport } from "../../reports/model-report.js";
import { halfPrecisionOf, saturationWarnings } from "../../trials/half-precision.js";
import type { EncodeGraph } from "../../trials/run-graph.js";
import { autoKind } from "./auto-kind.js";
import { checkParts } from "./checks.js";
import { type CurvePicture, type Deliver, toFile, toMemory } from "./deliver.js";
import { encode, lower, type RewriteTask, sizesOf } from "./encode.js";
import { batchSizes, planTask, refuseSized, staysOpen, withOpenSizes } from "./open-sizes.js";
import { leadingTidy, type RewritePlan } from "./plan.js";
import type { RewriteOptions, RewriteReport, RewrittenInMemory, RewrittenReport } from "./report.js";
import { swapInvocations } from "./swaps.js";

export type { RewriteOptions, RewriteReport, RewrittenInMemory } from "./report.js";

import { isSpecialized } from "../../passes/export-pipeline.js";

/**
 * Runs passes on any ONNX file:
 *
 *     IN.onnx ─1─ IR of the batch asked for, tidied ─2─ gates raised, blocks found ─3─ passes ─4─ new gates started
 *             ─5─ IR of primitives ─6─ compared with the original, where values must be kept ─7─ OUT.onnx
 *
 * What no pass touches stays in the file as it is, byte for byte.
 *
 * Errors: `InputError` for a file that is no model and for wrong passes, `CheckError` where what must keep the values
 * doesn't; none leaves a file.
 */
export async function rewrite(file: string, options: RewriteOptions = {}): Promise<RewriteReport> {
  const { output } = options;
  const deliver: Deliver<WrittenReport> | undefined =
    output === undefined ? undefined : (parts, curve, task) => toFile(output, parts, curve, task);
  const { delivered, report } = await asOneRun(() => rewriteFile(file, options, deliver));
  return { ...delivered, ...report };
}

/**
 * The same to memory: no model is written, only the picture of `curve`.
 *
 * Errors: as of `rewrite`, and `InputError` for a model above 2 GiB, and for external data.
 */
export async function rewriteInMemory(
  file: string,
  options: RewriteOptions = {},
): Promise<RewrittenInMemory> {
  refuseExternalData(options);
  const { delivered, report } = await asOneRun(() => rewriteFile(file, options, toMemory));
  if (delivered === undefined) throw new Defect("a rewritten model was not made");
  return { ...delivered, ...report };
}

/** What a rewriting comes to; without anywhere to put the model, what was found alone. */
interface Rewritten<D> {
  readonly delivered?: D;
  readonly report: RewrittenReport;
}

async function rewriteFile<D>(
  file: string,
  options: RewriteOptions,
  deliver: Deliver<D> | undefined,
): Promise<Rewritten<D>> {
  // 1: the file, with the batch asked for instead of an open one.
  const auto = autoKind(options);
  const isRun = options.verify !== false && deliver !== undefined;
  const isFitted = options.newGates === "fit" || auto !== undefined;
  refuseUnusedFlags(
    {
      ...{ "nothing is run": !isRun, "nothing is fitted": !isFitted },
      "no target with threads": !isSpecialized(options),
    },
    options,
  );
  const { first, others } = invocationsOf(auto === undefined ? options : { ...options, swaps: [] });
  const sizes = options.batch === undefined ? {} : batchSizes(file, options.batch);
  const imported = openAssumed(file, { fixed: sizes, inputShapes: options.inputShapes, only: "maps" });
  try {
    refuseOutputs([fileAmong(options.output), options.curve]);
    const calibration = givenCalibration(options, {
      ...{ file, inputs: imported.graph.inputs, declared: imported.declared.inputs },
      says: () => imageMetadata(file, new Map(Object.entries(imported.metadata))).preprocessing,
    });
    const task = {
      ...{ file, imported: { ...imported, sizes }, options, calibration },
      invocations: [...(first.length === 0 ? [] : leadingTidy(others)), ...first, ...others],
    };
    const act = (task: RewriteTask): Promise<Rewritten<D>> => rewriteOpened(task, deliver);
    if (auto !== undefined) return await act(await withChosenSwaps(task, auto, first, others));
    return await (staysOpen(task) ? withOpenSizes(task, act) : act(task));
  } finally {
    imported.close();
  }
}

/**
 * The swaps and new gates, then the passes. Passes that only tidy up show gates that were out of sight, so those that come first are run
 * before the swaps as well: one command gives what one for each does, in whichever order its flags are.
 */
function invocationsOf(options: RewriteOptions): {
  readonly first: readonly PassInvocation[];
  readonly others: readonly PassInvocation[];
} {
  const { swaps = [], passes, inserts, at, newGates = "init" } = options;
  const first = [...swapInvocations(swaps, newGates !== "init"), ...insertInvocations({ inserts, at })];
  const others = passesOfFlag("--passes", passes);
  return { first, others: first.length === 0 ? forTarget(others, options) : others };
}

/**
 * The passes that make a file fast on its target: it is simplified, and its gates are written anew. Gates that a swap puts in are written for the
 * target in any case; they must stay gates until they have their numbers.
 */
function forTarget(
  others: readonly PassInvocation[],
  { target = "portable" }: RewriteOptions,
): readonly PassInvocation[] {
  if (target === "portable") return others;
  const isSimplified = others.some(({ pass }) => pass === "simplify");
  return [
    ...(isSimplified ? [] : [invocationOf("simplify")]),
    ...[...others, invocationOf("lower-attention", { target })],
  ];
}

/** The task with the swaps that were chosen for a kind of gate, before the gates that are put in and the passes. */
async function withChosenSwaps(
  task: RewriteTask,
  kind: string,
  inserted: readonly PassInvocation[],
  others: readonly PassInvocation[],
): Promise<RewriteTask> {
  const { chooseSwaps } = await import("./auto.js");
  const choice = await chooseSwaps(kind, others, task, encodeAsIs(task));
  return {
    ...task,
    invocations: [...leadingTidy(others), ...choice.invocations, ...inserted, ...others],
    options: { ...task.options, newGates: choice.invocations.length === 0 ? "init" : "fit" },
    choice,
  };
}

async function rewriteOpened<D>(
  rewriting: RewriteTask,
  deliver: Deliver<D> | undefined,
): Promise<Rewritten<D>> {
  const { imported, options } = rewriting;

  // 2 and 3: find the gates and blocks, run the swaps and passes.
  const plan = planTask(rewriting, {
    hooks: options.hooks ?? irHooks(options),
    found: (gates) => refuseSwapOfNothing(rewriting, gates),
  });

  // What is made for one size is refused before it is run with others.
  if (imported.taken !== undefined && (deliver ?? options.calibrate) !== undefined) refuseSized(rewriting);

  // 4: gates that a pass put instead of others get their first numbers.
  const { graph: after, newGates } = await startGates(rewriting, plan);

  // 5: lower what passes made, until every op is one ONNX operator. What is counted has all gates in sight.
  const { graph: lowered, reports } = lower(after, imported, options);
  const report = defined({
    ...figuresOf(
      importedOpset(imported.opset),
      lowered,
      countNetwork(raiseAttention(plan.counted ?? after).graph),
    ),
    passes: [...plan.reports, ...reports],
    raised: plan.raised,
    rejected: plan.rejected,
    opaque: opaqueOperators(imported.foreign),
    newGates,
    choice: rewriting.choice?.report,
    ...insertedOf(plan.inserted),
    notes: [...idleNotes(plan.reports), ...plainNotes(rewriting), ...(rewriting.calibration?.notes ?? [])],
  });
  const warnings = [...imported.notes, ...plan.warnings];
  const curve = await curveOf(rewriting);
  if (deliver === undefined) {
    if (curve !== undefined) writeTextSync(curve.file, curve.svg);
    return { report: { ...report, warnings } };
  }

  // 6: compare with the original, where values must be kept.
  const parts = encode(lowered, rewriting);
  const { warnings: found, ...checked } = await checkParts(rewriting, plan, parts, report);

  // 7: write what changed; the rest is copied.
  const { rounding, ...delivered } = await deliver(parts, curve, rewriting);
  const halfPrecision = options.precision === "fp16" ? halfPrecisionOf(lowered, rounding) : undefined;
  return {
    delivered: delivered as D,
    report: {
      ...{ ...report, ...defined({ ...checked, halfPrecision }) },
      warnings: [...warnings, ...found, ...saturationWarnings(rounding)],
    },
  };
}

/** Forms that the target has no use of, as the file leaves sizes open. */
function plainNotes({ imported, options: { target } }: RewriteTask): readonly string[] {
  if (target !== "cpu" || imported.taken === undefined) return [];
  return [
    "the file leaves sizes of its maps open, so its gates stay plain: the faster forms are for one size",
  ];
}

/** A user who asks for a swap in a file without gates needs to know where to look. */
function refuseSwapOfNothing(
  { file, options: { swaps = [] } }: RewriteTask,
  { raised, rejected }: Pick<RewritePlan, "raised" | "rejected">,
): void {
  if (swaps.length === 0 || raised.length > 0) return;
  const hint =
    rejected.length > 0 ? "--explain says what looks like one" : "ecagen inspect shows what the file has";
  throw InputError.of("rewrite/no-gate", `no gate was found in ${file} that could be swapped`, {
    file,
    hint,
  });
}

/** The network whose swapped gates start as the user asks; without such a wish as it is, and nothing is run. */
async function startGates(
  task: RewriteTask,
  { before, after }: RewritePlan,
): Promise<{ readonly graph: Graph; readonly newGates?: NewGatesReport }> {
  const { options, calibration, choice } = task;
  const { newGates = "init", seed = 0, onProgress } = options;
  const isAsked = newGates !== "init" || calibration !== undefined;
  if (!isAsked || choice?.invocations.length === 0) return { graph: after };
  const { startNewGates } = await import("../../trials/new-gates.js");
  onProgress?.("running the network for its gates", 0);
  const wanted = { ...options, newGates, calibration, numbers: choice?.numbers };
  const { graph, report } = await startNewGates(before, after, wanted, seed, encodeAsIs(task));
  return { graph, newGates: report };
}

/** Makes models that are the file but for what is new in a graph. */
function encodeAsIs({ imported, options: { target } }: RewriteTask): EncodeGraph {
  return (graph, seed) => {
    const lowered = lower(graph, imported, { target }).graph;
    return modelBytes(encodeRewritten(lowered, imported, sizesOf(imported)), { seed });
  };
}

async function curveOf({ options: { curve }, choice }: RewriteTask): Promise<CurvePicture | undefined> {
  if (curve === undefined || choice === undefined) return undefined;
  return { file: curve, svg: await choiceCurve(choice.report) };
}
