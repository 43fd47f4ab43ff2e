import { Deadline } from "../../base/deadline.js";
import { defined } from "../../base/defined.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { readBytes } from "../../files/read-file.js";
import { withoutListeners } from "../../files/termination.js";
import { specNetwork } from "../../given/spec-file.js";
import { refuseUnusedFlags } from "../../given/unused-flags.js";
import type { OpenWeights } from "../../given/weights.js";
import { weightsWarnings, withOpenWeights } from "../../given/weights.js";
import { type Graph, parametersOf } from "../../ir/graph.js";
import { elementCount } from "../../ir/types.js";
import { hintingAt } from "../../networks/input-sizes.js";
import type { WeightsReport } from "../../networks/load-weights.js";
import { isOnnx } from "../../onnx/file/names.js";
import { type Check, TOLERANCES, type Tolerance, type ToleranceName } from "../../runtime/compare.js";
import { isProcessor, packageOf } from "../../runtime/devices.js";
import { type Runtime, startRuntime } from "../../runtime/session.js";
import { type ChosenDevice, chooseDevice, deviceReport, holdDevice } from "../../trials/devices.js";
import { EvaluationThreads } from "../../trials/side-by-side.js";
import { fileTarget, type VerifiedFile } from "./file-target.js";
import { againstFile } from "./given-model.js";
import { compareBlocks } from "./per-block.js";
import type { BlockComparison, Comparison, ModelPlacement, VerifyOptions, VerifyReport } from "./report.js";
import type { VerifyTarget } from "./round.js";
import {
  type BegunRound,
  beginRound,
  finishRound,
  type RoundProgress,
  type RunContext,
} from "./run-round.js";
import { noteSaturation } from "./saturation.js";
import { publishedNumbers, specTarget } from "./spec-target.js";
import { conclude, withConstants } from "./verdict.js";

export { toleranceText } from "../../runtime/compare.js";
export type { VerifyOptions, VerifyReport } from "./report.js";

import { isSpecialized } from "../../passes/export-pipeline.js";

/**
 * Proves that an ONNX file computes what it should, on a device.
 *
 * Of a spec, ONNX Runtime runs the export; the reference interpreter evaluates the network at model level, in
 * float64, with unfolded BatchNorm and each gate by its paper's equation. Of an ONNX file the reference is the
 * interpreter over the decoded graph. Both with the weights as they are and with stress weights, which make every
 * gate and every block matter (a spec takes those of a file, too); how much each gate of a spec matters is measured and part of the result.
 *
 * Errors: `InputError` for a wrong spec, file or option; `DeviceError` if the device is not available;
 * `CheckError` at the timeout.
 */
export function verify(model: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  // A file has its weights; that flags about others have no use is said with what else has none.
  return withOpenWeights(isOnnx(model) ? {} : options, (given) => verifyWith(model, options, given));
}

async function verifyWith(
  model: string,
  options: VerifyOptions,
  given: OpenWeights | undefined,
): Promise<VerifyReport> {
  checkOptions(options);

  // 1: what is verified, and the published numbers of a spec.
  const checks: Check[] = [];
  const note = (check: Check): void => void checks.push(check);
  const { target, thorough, weights, warnings } = prepare(model, options, given, note);

  // 2: a device that really runs a model, and ONNX Runtime on it.
  const deadline = new Deadline(options.timeout);
  const runtimeOptions = { deadline, program: options.program, allowTf32: options.allowTf32 };
  const device = await chooseDevice(options.device ?? "cpu", runtimeOptions);
  const runtime =
    options.runtime ?? (await startRuntime({ ...runtimeOptions, runtime: packageOf(device.device) }));
  const evaluator = new EvaluationThreads({ deadline });
  try {
    await holdDevice(runtime, device.device);

    // 3: round by round, each with other weights: what the models give is compared with what they must; and what the rounds have shown of
    // the network itself, where the nodes ran, and the verdict.
    const judged = async (target: VerifyTarget, from: number, to: number) => {
      const told = (message: string, part: number): void =>
        options.onProgress?.(message, from + (to - from) * part);
      const context = contextOf(runtime, device, target, { ...options, ...{ deadline, evaluator, note } });
      const rounds = await hintingAt({ notes: warnings }, () =>
        runRounds(target, context, { ...options, onProgress: told }),
      );
      return { tolerance: context.tolerance, ...concludeRounds(rounds, target, checks, options) };
    };
    let found = await judged(target, 0, thorough === undefined ? 1 : ALONE_PART);

    // 4: what two files alone don't show to be right, with the reference.
    if (found.verdict !== "right" && thorough !== undefined) {
      checks.length = 0;
      found = await judged(thorough(), ALONE_PART, 1);
    }
    const { verdict, undecided, ...shown } = found;
    const cpuNodes = shown.placements.reduce((sum, { onCpu }) => sum + onCpu.length, 0);
    return {
      ...{ ok: verdict === "right", verdict, undecided, model, device: deviceReport(device, cpuNodes) },
      ...{ ...shown, ...defined({ weights }) },
      warnings: [...warnings, ...weightsWarnings([given])],
    };
  } finally {
    evaluator.close();
    if (options.runtime === undefined) runtime.close();
  }
}

/** The part of the work that comparing two files alone is, where the reference is evaluated as well. */
const ALONE_PART = 0.2;

interface Prepared extends Pick<VerifiedFile, "target" | "thorough"> {
  /** Summary of how the given weights were used. */
  readonly weights: WeightsReport | undefined;
  readonly warnings: readonly Diagnostic[];
}

function prepare(
  model: string,
  options: VerifyOptions,
  given: OpenWeights | undefined,
  note: (check: Check) => void,
): Prepared {
  const file = againstFile(options.against ?? "reference");
  if (isOnnx(model)) {
    const given = { path: model, bytes: readBytes(model) };
    return { ...fileTarget(given, file, options, note), weights: undefined };
  }
  refuseUnusedFlags({ "no target with threads": !isSpecialized(options) }, options);
  const network = specNetwork(model, { ...options, given });
  if (options.resolution === undefined) for (const check of publishedNumbers(network)) note(check);
  return {
    target: specTarget(model, network, file, options, note),
    weights: network.weights,
    warnings: network.warnings,
  };
}

/** What all rounds have in common. */
function contextOf(
  runtime: Runtime,
  device: ChosenDevice,
  target: VerifyTarget,
  options: VerifyOptions & Pick<RunContext, "deadline" | "evaluator" | "note">,
): RunContext {
  const { against, seed = 0, batches = [1, 2], seeds = [seed], deadline, evaluator, note } = options;
  const strict = TOLERANCES[precisionOn(device, target, options)];
  return {
    runtime,
    device: device.device,
    alsoOnCpu: against === "cpu" && !isProcessor(device.device),
    ...{ batches, weightSeed: seed, seeds, deadline, evaluator, note },
    inputValues: options.inputValues,
    tolerance: withElementwise(strict, options),
    gateTolerance: strict,
  };
}

/** What all rounds gave. */
interface RoundResults {
  readonly comparisons: readonly Comparison[];
  readonly blocks: readonly BlockComparison[];
  readonly placements: readonly ModelPlacement[];
}

/**
 * Runs all rounds of a target, and compares block by block too where that is asked for. While threads evaluate the reference of a round, the
 * next one is made, unless the numbers of both would take too much memory.
 */
async function runRounds(
  target: VerifyTarget,
  context: RunContext,
  { perBlock, onProgress }: VerifyOptions,
): Promise<RoundResults> {
  const comparisons: Comparison[] = [];
  const blocks: BlockComparison[] = [];
  const placements: ModelPlacement[] = [];
  // What is told is of the round that is waited for, also while threads are at the next one.
  let current = 0;
  const begin = async (index: number): Promise<Begun | undefined> => {
    if (index >= target.rounds) return undefined;
    await withoutListeners();
    const round = target.round(index, { tolerance: context.gateTolerance, deadline: context.deadline });
    const progress: RoundProgress = (message, part) => {
      if (index === current) onProgress?.(`${round.weights}: ${message}`, (index + part) / target.rounds);
    };
    return {
      ...(await beginRound(round, context, (message, part) => progress(message, part * 0.9))),
      progress,
    };
  };
  let next = await begin(0);
  for (let i = 0; next !== undefined; i++) {
    const begun: Begun = next;
    const early = fitsTwice(begun.round.reference) ? await begin(i + 1) : undefined;
    const { round, progress } = begun;
    const result = await finishRound(begun, context, (message, part) => progress(message, part * 0.9));
    comparisons.push(...result.comparisons);
    // Weights change nothing about where nodes run.
    if (i === 0) {
      placements.push(...result.placements);
      await noteSaturation(round, context);
    }
    if (perBlock === true) {
      const compared = await compareBlocks(round, context, (message, part) =>
        progress(message, 0.9 + part / 10),
      );
      blocks.push(...compared);
    }
    current = i + 1;
    next = early ?? (await begin(current));
  }
  return { comparisons, blocks, placements };
}

interface Begun extends BegunRound {
  readonly progress: RoundProgress;
}

/** Parameters of networks whose numbers are at hand for two rounds at once: 800 MB of float64 for each. */
const MOST_PARAMETERS_TWICE = 1e8;

function fitsTwice(reference: Graph | undefined): boolean {
  if (reference === undefined) return false;
  const numbers = parametersOf(reference).reduce((sum, { data }) => sum + elementCount(data.dims), 0);
  return numbers <= MOST_PARAMETERS_TWICE;
}

/** The verdict on all rounds, with what it rests on. `noted`: the checks that were made before and during them. */
function concludeRounds(
  { blocks, placements, ...rounds }: RoundResults,
  target: VerifyTarget,
  noted: readonly Check[],
  { allowCpuNodes = false, perBlock }: VerifyOptions,
) {
  const { gates, checks: measured } = target.found();
  const checks = [...noted, ...measured, ...placementChecks(placements, allowCpuNodes)];
  const comparisons = withConstants(rounds.comparisons);
  return {
    ...{ ...conclude(comparisons, blocks, checks), comparisons },
    ...(perBlock === true ? { blocks, firstDivergence: firstDivergence(blocks) } : {}),
    ...{ placements, gates, checks },
  };
}

function checkOptions({ batches, seeds, atol, rtol }: VerifyOptions): void {
  if (batches?.length === 0) throw InputError.of("verify/batches", "there is no batch to run");
  if (seeds?.length === 0) throw InputError.of("verify/seeds", "there is no seed of inputs to run");
  for (const [name, value] of Object.entries({ atol, rtol })) {
    if (value === undefined || (Number.isFinite(value) && value >= 0)) continue;
    throw InputError.of("verify/tolerance", `--${name} takes a number from 0 on, got ${value}`);
  }
}

/** The lowest precision that a target is computed in on a device. */
function precisionOn(
  { device }: ChosenDevice,
  { precision }: VerifyTarget,
  options: VerifyOptions,
): ToleranceName {
  const usesTf32 = options.allowTf32 === true && (device === "cuda" || device === "tensorrt");
  return usesTf32 && precision === "float32" ? "tf32" : precision;
}

function withElementwise(tolerance: Tolerance, { atol, rtol }: VerifyOptions): Tolerance {
  if (atol === undefined && rtol === undefined) return tolerance;
  return { ...tolerance, elementwise: { atol: atol ?? 0, rtol: rtol ?? 0 } };
}

function placementChecks(placements: readonly ModelPlacement[], allowCpuNodes: boolean): readonly Check[] {
  return placements.map(({ model, nodes, onCpu }) => {
    const name = "placement";
    if (onCpu.length === 0 && nodes > 0) return { name, ok: true, detail: `${model}: all ${nodes} nodes` };
    const where = onCpu.slice(0, 3).map(({ node, op }) => `${node} (${op})`);
    const more = onCpu.length > where.length ? `, and ${onCpu.length - where.length} more` : "";
    const detail = `${model}: ${onCpu.length} of ${nodes} nodes ran on the CPU: ${where.join(", ")}${more}`;
    // A model of which nothing ran on the device did not run there, whatever is allowed.
    return { name, ok: allowCpuNodes && onCpu.length < nodes, detail };
  });
}

/** In the order of the network, whichever weights and model show it. */
function firstDivergence(blocks: readonly BlockComparison[]): string | null {
  const diverging = new Set(blocks.filter(({ ok }) => !ok).map(({ block }) => block));
  return blocks.find(({ block }) => diverging.has(block))?.block ?? null;
}
