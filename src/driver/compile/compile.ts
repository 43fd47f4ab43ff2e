import { countNetwork } from "../../analysis/counts.js";
import { defined } from "../../base/defined.js";
import type { Diagnostic } from "../../base/diagnostic.js";
import { asOneRun } from "../../files/files-read.js";
import { type ModelInMemory, refuseExternalData } from "../../files/models/in-memory.js";
import { packageVersion } from "../../files/package.js";
import { refuseOutputs } from "../../files/refuse-outputs.js";
import { fileAmong } from "../../files/standard-streams.js";
import type { ExportedWeights } from "../../files/tensors/export-weights.js";
import { type CalibrationSource, givenCalibration } from "../../given/calibration.js";
import { specNetwork } from "../../given/spec-file.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import type { OpenWeights } from "../../given/weights.js";
import { weightsWarnings, withOpenWeights } from "../../given/weights.js";
import { refuseMissedExpectations } from "../../networks/expectations.js";
import { type ExportOptions, encode, forBatch, lower } from "../../networks/export.js";
import { type DeclaredOutput, declaredOutputs } from "../../networks/interface.js";
import type { WeightsOptions, WeightsReport } from "../../networks/load-weights.js";
import { locateErrors, type NetworkOptions, type SpecNetwork } from "../../networks/spec-network.js";
import type { NewGatesReport } from "../../new-gates/start.js";
import type { EncodedModel } from "../../onnx/encode/export.js";
import { OPSETS } from "../../onnx/file/opset.js";
import { exportPipeline, isSpecialized } from "../../passes/export-pipeline.js";
import { type InsertFlags, withInserts } from "../../passes/insert/flags.js";
import { type IrDump, irHooks } from "../../reports/ir-dump.js";
import {
  figuresOf,
  idleNotes,
  insertedOf,
  type ModelReport,
  type WrittenReport,
} from "../../reports/model-report.js";
import { checkPasses } from "../../trials/check-passes.js";
import { halfPrecisionOf, saturationWarnings } from "../../trials/half-precision.js";
import type { NewGatesOptions } from "../../trials/new-gates.js";
import type { SwappedReport } from "../../trials/swapped-gates.js";
import { type Delivered, type DeliverOptions, toFile, toMemory } from "./deliver.js";

export interface CompileOptions
  extends Omit<NetworkOptions, "given" | "inputShapes">,
    WeightsOptions,
    NewGatesOptions,
    InsertFlags,
    IrDump,
    ExportOptions,
    DeliverOptions {
  /** Evaluates the network with the reference interpreter before and after each pass that must keep its values. */
  readonly checkPasses?: boolean | undefined;
}

/** The options, with the weights open. */
type Compiling = CompileOptions & { readonly given: OpenWeights | undefined };

/** With the inputs of `--calibrate`. */
type Calibrating = Compiling & { readonly calibration: CalibrationSource | undefined };

/** The output of `ecagen compile --json`. */
export interface CompileReport extends WrittenReport, ModelReport {
  readonly outputs: readonly DeclaredOutput[];
  /** Summary of how the given weights were used. */
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
  return compileTo(specFile, options, (model, network, making) => toFile(specFile, model, network, making));
}

/** The result of compiling without an output: the report and the model. */
export interface CompiledInMemory extends Omit<CompileReport, keyof WrittenReport>, ModelInMemory {}

/**
 * The same to memory: no model is written, only the weights of `exportWeights`.
 *
 * Errors: as of `compile`, and `InputError` for a model above 2 GiB, and for external data.
 */
export async function compileInMemory(
  specFile: string,
  options: CompileOptions = {},
): Promise<CompiledInMemory> {
  refuseExternalData(options);
  return compileTo(specFile, options, toMemory);
}

/** The way to a model, which `deliver` writes or keeps. */
function compileTo<D extends Delivered>(
  specFile: string,
  options: CompileOptions,
  deliver: (model: EncodedModel, network: SpecNetwork, options: Compiling) => Promise<D>,
) {
  return asOneRun(() =>
    withOpenWeights(options, (given) => {
      const compiling = { ...withInserts(options), hooks: options.hooks ?? irHooks(options), given };
      return compileWith(specFile, compiling, (model, network) => deliver(model, network, compiling));
    }),
  );
}

async function compileWith<D extends Delivered>(
  specFile: string,
  options: Compiling,
  deliver: (model: EncodedModel, network: SpecNetwork) => Promise<D>,
) {
  // 1 to 3: read and check the spec, build the IR, run the spec's passes and the caller's. Given weights
  // come in on the way; gates that a pass put instead of others get their first numbers.
  const built = specNetwork(specFile, { ...options, ...specOptions(options) });
  const calibration = givenCalibration(options, {
    ...{ file: specFile, inputs: built.graph.inputs },
    says: () => built.spec.resolved.preprocessing,
  });
  refuseUnusedFlags(
    {
      "nothing is fitted": options.newGates !== "fit",
      "no target with threads": !isSpecialized(options),
    },
    options,
  );
  refuseOutputs([fileAmong(options.output), options.exportWeights]);
  const { network, newGates } = await startGates(built, { ...options, calibration });

  // 4: the published numbers, and what passes promise.
  refuseMissedExpectations(network);
  const undecided = options.checkPasses === true ? checkedPasses(network, options) : [];

  // 5: fold and lower, until every op is one ONNX operator.
  const { graph: lowered, reports } = lower(network, options);

  // 6: encode; the weights are still to come.
  const model = encode(network, lowered, { ...options, version: packageVersion() });

  // 7: write, the weights one piece at a time.
  const swapped = await swappedReport(network, newGates, { ...options, calibration });
  const { rounding, exportedWeights, replaced = [], ...written } = await deliver(model, network);

  return {
    ...written,
    ...defined({
      ...figuresOf(options.opset ?? OPSETS.default, lowered, countNetwork(network.graph)),
      outputs: declaredOutputs(network),
      passes: [...network.reports, ...reports],
      weights: network.weights,
      exportedWeights,
      newGates,
      ...insertedOf(network.inserted),
      halfPrecision: halfPrecisionOf(lowered, rounding),
      swapped,
      notes: [...idleNotes(network.reports), ...(calibration?.notes ?? []), ...replaced],
      warnings: [
        ...network.warnings,
        ...weightsWarnings([options.given]),
        ...undecided,
        ...saturationWarnings(rounding),
      ],
    }),
  };
}

/** Another resolution is one of the spec: the file says so in the hash of its spec. */
function specOptions({ changes, resolution }: Compiling): NetworkOptions {
  return { changes: { ...changes, resolution }, resolution: undefined };
}

/** The network whose swapped gates start as the user asks; without such a wish as it is, and nothing is run. */
async function startGates(
  network: SpecNetwork,
  options: Calibrating,
): Promise<{ readonly network: SpecNetwork; readonly newGates?: NewGatesReport }> {
  const { newGates = "init", calibration, seed = 0, onProgress } = options;
  if (newGates === "init" && calibration === undefined) return { network };
  const { startNewGates } = await import("../../trials/new-gates.js");
  onProgress?.("running the network for its gates", 0);
  const { graph, report, started } = await startNewGates(network.original, network.graph, options, seed);
  const { weights } = network;
  const initial = weights?.initial.filter((name) => !started.has(name)) ?? [];
  return { network: { ...network, graph, weights: weights && { ...weights, initial } }, newGates: report };
}

/** Runs the passes of the whole way with `--check-passes`, and says what can't be told of them. */
function checkedPasses(network: SpecNetwork, options: Compiling): readonly Diagnostic[] {
  const pipeline = [...network.invocations, ...exportPipeline(options)];
  return locateErrors(network.spec, () => checkPasses(forBatch(network.built, options), pipeline));
}

/** What became of gates whose weights were given, and how far that moves the outputs; undefined where none was exchanged. */
async function swappedReport(
  { weights, exchange, graph }: SpecNetwork,
  newGates: NewGatesReport | undefined,
  options: Calibrating,
): Promise<SwappedReport | undefined> {
  if (weights === undefined || exchange === undefined) return undefined;
  const [{ reportSwap }, { encodeAnew }] = await Promise.all([
    import("../../trials/swapped-gates.js"),
    import("../../trials/run-graph.js"),
  ]);
  const models = () => {
    options.onProgress?.("running it beside the network before the swap", 0);
    const { seed = 0 } = options;
    return { before: encodeAnew(exchange.before, seed), after: encodeAnew(graph, seed) };
  };
  return reportSwap(exchange, newGates, models, options);
}
