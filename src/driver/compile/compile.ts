import { basename, join } from "node:path";
import { countNetwork } from "../../analysis/counts.js";
import { CheckError, type Diagnostic } from "../../base/diagnostic.js";
import { inTransaction } from "../../files/atomic-file.js";
import { asOneRun } from "../../files/files-read.js";
import { makeFolder } from "../../files/folder.js";
import { packageVersion } from "../../files/package.js";
import { refuseOverwriting } from "../../files/refuse-overwriting.js";
import { addWeights, type ExportedWeights } from "../../files/tensors/export-weights.js";
import { specNetwork } from "../../given/spec-file.js";
import type { OpenWeights } from "../../given/weights.js";
import { weightsWarnings, withOpenWeights } from "../../given/weights.js";
import { usesType } from "../../ir/graph.js";
import { checkExpectations, expectationDiagnostics } from "../../networks/expectations.js";
import { type ExportOptions, encode, lower } from "../../networks/export.js";
import { type DeclaredOutput, declaredOutputs } from "../../networks/interface.js";
import type { WeightsOptions, WeightsReport } from "../../networks/load-weights.js";
import { locateErrors, type NetworkOptions, type SpecNetwork } from "../../networks/spec-network.js";
import { addModel } from "../../onnx/encode/write.js";
import { OPSETS } from "../../onnx/file/opset.js";
import { exportPipeline } from "../../passes/export-pipeline.js";
import { type IrDump, irHooks } from "../../reports/ir-dump.js";
import { idleNotes, type ModelReport, totalsOf, type WrittenReport } from "../../reports/model-report.js";
import { checkPasses } from "../../trials/check-passes.js";
import { halfPrecisionOf, saturationWarnings } from "../../trials/half-precision.js";
import type { NewGatesOptions, NewGatesReport } from "../../trials/new-gates.js";
import type { SwappedReport } from "../../trials/swapped-gates.js";
import { startHalfRounding } from "../../weights/values/half.js";

export interface CompileOptions
  extends Omit<NetworkOptions, "resolution" | "given">,
    WeightsOptions,
    NewGatesOptions,
    IrDump,
    ExportOptions {
  /** The ONNX file. Default: `out/` and the spec file's base name. */
  readonly output?: string | undefined;
  /** A safetensors file that gets the network's parameters and running statistics too, before folding. */
  readonly exportWeights?: string | undefined;
  /** Writes the weights to a file beside the model, as files above 2 GiB do anyway. */
  readonly externalData?: boolean | undefined;
  /** Runs every pass that promises to keep values through the reference interpreter, before and after. */
  readonly checkPasses?: boolean | undefined;
  /** Whether the report has the file's sha256. Default: true. */
  readonly digest?: boolean | undefined;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** What `ecagen compile --json` prints. */
export interface CompileReport extends WrittenReport, ModelReport {
  readonly outputs: readonly DeclaredOutput[];
  /** What became of the weights that were given. */
  readonly weights?: WeightsReport;
  readonly exportedWeights?: ExportedWeights;
}

/**
 * Compiles a spec to an ONNX file:
 *
 *     SPEC ─1─ resolved spec ─2─ IR ─3─ IR, rewritten ─4─ counts meet `expect`
 *          ─5─ IR of primitives ─6─ ONNX model ─7─ OUT.onnx
 *
 * Errors: `InputError` for a wrong spec or option and for weights that don't fit, `CheckError` for a missed expectation;
 * none leaves a file.
 */
export function compile(specFile: string, options: CompileOptions = {}): Promise<CompileReport> {
  return asOneRun(() => withOpenWeights(options, (given) => compileWith(specFile, { ...options, given })));
}

async function compileWith(
  specFile: string,
  options: CompileOptions & { readonly given: OpenWeights | undefined },
): Promise<CompileReport> {
  // 1 to 3: read and check the spec, build the IR, run the spec's passes and the caller's. Given weights take their
  // place on the way; gates that a pass put in the place of others get their first numbers.
  const hooks = options.hooks ?? irHooks(options);
  const { network, newGates } = await startGates(specNetwork(specFile, { ...options, hooks }), options);

  // 4: the published numbers.
  const failed = expectationDiagnostics(
    network.spec,
    checkExpectations(network.spec, countNetwork(network.declared)),
  );
  if (failed.length > 0) throw new CheckError(failed);
  let undecided: readonly Diagnostic[] = [];
  if (options.checkPasses === true) {
    const pipeline = [...network.invocations, ...exportPipeline(options)];
    undecided = locateErrors(network.spec, () => checkPasses(network.built, pipeline));
  }

  // 5: fold and lower, until every op is one ONNX operator.
  const { graph: lowered, reports } = lower(network, { ...options, hooks });

  // 6 and 7: encode, then write, the weights one piece at a time.
  const model = encode(network, lowered, { ...options, version: packageVersion() });
  const output = options.output ?? inOutputFolder(specFile);
  refuseOverwriting([output, options.exportWeights]);
  const swapped = await swappedReport(network, newGates, options);
  const rounding = startHalfRounding();
  const seed = options.seed ?? 0;
  const progress = (message: string) => ({
    onProgress: (part: number) => options.onProgress?.(message, part),
  });
  const { exportedWeights, ...written } = await inTransaction(async (transaction) => ({
    ...(options.exportWeights === undefined
      ? {}
      : {
          exportedWeights: await addWeights(transaction, options.exportWeights, network.graph, seed, {
            ...progress("exporting weights"),
          }),
        }),
    ...(await addModel(transaction, output, model, {
      seed,
      rounding,
      externalData: options.externalData ?? false,
      digest: options.digest,
      ...progress("writing weights"),
    })),
  }));
  const counts = countNetwork(network.graph);
  return {
    output,
    ...written,
    opset: options.opset ?? OPSETS.default,
    nodes: lowered.ops.length,
    ...totalsOf(counts),
    outputs: declaredOutputs(network),
    passes: [...network.reports, ...reports],
    ...(network.weights === undefined ? {} : { weights: network.weights }),
    ...(exportedWeights === undefined ? {} : { exportedWeights }),
    ...(newGates === undefined ? {} : { newGates }),
    ...(usesType(lowered, "float16") ? { halfPrecision: halfPrecisionOf(lowered, rounding) } : {}),
    ...(swapped === undefined ? {} : { swapped }),
    notes: idleNotes(network.reports),
    warnings: [
      ...network.warnings,
      ...weightsWarnings([options.given]),
      ...undecided,
      ...saturationWarnings(rounding),
    ],
  };
}

/** The network whose swapped gates start as the user asks; without such a wish as it is, and nothing is run. */
async function startGates(
  network: SpecNetwork,
  options: CompileOptions,
): Promise<{ readonly network: SpecNetwork; readonly newGates?: NewGatesReport }> {
  const { newGates = "init", calibrate, seed = 0 } = options;
  if (newGates === "init" && calibrate === undefined) return { network };
  const { startNewGates } = await import("../../trials/new-gates.js");
  options.onProgress?.("running the network for its gates", 0);
  const { graph, report, started } = await startNewGates(network.original, network.graph, options, seed);
  const { weights } = network;
  const initial = weights?.initial.filter((name) => !started.has(name)) ?? [];
  return { network: { ...network, graph, weights: weights && { ...weights, initial } }, newGates: report };
}

/** What became of gates whose weights were given, and how far that moves the outputs; undefined where none was exchanged. */
async function swappedReport(
  { weights, exchange, graph }: SpecNetwork,
  newGates: NewGatesReport | undefined,
  options: CompileOptions,
): Promise<SwappedReport | undefined> {
  if (weights === undefined || exchange === undefined) return undefined;
  const [{ movedOutputs, swappedGates }, { encodeAnew }] = await Promise.all([
    import("../../trials/swapped-gates.js"),
    import("../../trials/run-graph.js"),
  ]);
  const gates = swappedGates(exchange, newGates);
  if (gates.length === 0) return undefined;
  options.onProgress?.("running it beside the network before the swap", 0);
  const { seed = 0 } = options;
  const models = { before: encodeAnew(exchange.before, seed), after: encodeAnew(graph, seed) };
  return { gates, ...(await movedOutputs(models, exchange.before, options)) };
}

/** The default place of a spec's ONNX file: `out/`, made if need be, and the spec file's base name. */
function inOutputFolder(specFile: string): string {
  makeFolder("out");
  return join("out", `${basename(specFile).replace(/\.jsonc?$/, "")}.onnx`);
}
