import { countNetwork } from "../../analysis/counts.js";
import { InputError } from "../../base/diagnostic.js";
import { asOneRun } from "../../files/files-read.js";
import { packageVersion } from "../../files/package.js";
import { refuseOverwriting } from "../../files/refuse-overwriting.js";
import { openAssumed } from "../../given/onnx-file.js";
import { type Graph, usesType } from "../../ir/graph.js";
import { opaqueOperators } from "../../networks/file-network.js";
import type { ImportedModel } from "../../onnx/decode/import.js";
import { modelBytes, writeModel } from "../../onnx/encode/write.js";
import { encodeRewritten } from "../../onnx/rewritten/model.js";
import { runPasses } from "../../passes/engine/manager.js";
import type { PassInvocation } from "../../passes/engine/pass.js";
import { passesOfFlag, printPipeline } from "../../passes/engine/pipeline.js";
import type { Precision } from "../../passes/export-options.js";
import { rewritePipeline } from "../../passes/export-pipeline.js";
import { raiseAttention } from "../../passes/raise/raise-attention.js";
import { irHooks } from "../../reports/ir-dump.js";
import { idleNotes, totalsOf } from "../../reports/model-report.js";
import { halfPrecisionOf, saturationWarnings } from "../../trials/half-precision.js";
import type { NewGatesReport } from "../../trials/new-gates.js";
import { startHalfRounding } from "../../weights/values/half.js";
import { changesTypes, loaded, swappedReport, verified } from "./checks.js";
import { batchSizes, refuseSized, type SizedModel } from "./open-sizes.js";
import { leadingTidy, planRewrite, type RewritePlan } from "./plan.js";
import type { RewriteOptions, RewriteReport } from "./report.js";
import { swapInvocations } from "./swaps.js";

export type { RewriteOptions, RewriteReport } from "./report.js";

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
    hooks: options.hooks ?? irHooks(options),
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
  const { startNewGates } = await import("../../trials/new-gates.js");
  options.onProgress?.("running the network for its gates", 0);
  const pipeline = rewritePipeline({ opset: imported.opset, target });
  const encode = (graph: Graph): Uint8Array =>
    modelBytes(encodeRewritten(runPasses(graph, pipeline).graph, imported), { seed });
  const { graph, report } = await startNewGates(before, after, options, seed, encode);
  return { graph, newGates: report };
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
