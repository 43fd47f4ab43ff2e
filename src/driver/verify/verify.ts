import { Deadline } from "../../base/deadline.js";
import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { readBytes } from "../../files/read-file.js";
import { isOnnx } from "../../given/onnx-file.js";
import { specNetwork } from "../../given/spec-file.js";
import type { OpenWeights } from "../../given/weights.js";
import { weightsWarnings, withOpenWeights } from "../../given/weights.js";
import type { WeightsReport } from "../../networks/load-weights.js";
import { type Check, TOLERANCES, type Tolerance, type ToleranceName } from "../../runtime/compare.js";
import { startRuntime } from "../../runtime/session.js";
import { type ChosenDevice, chooseDevice, deviceReport, holdDevice } from "../../trials/devices.js";
import { fileTarget } from "./file-target.js";
import { againstFile } from "./given-model.js";
import { compareBlocks } from "./per-block.js";
import type { BlockComparison, Comparison, ModelPlacement, VerifyOptions, VerifyReport } from "./report.js";
import type { VerifyTarget } from "./round.js";
import { type RunContext, runRound } from "./run-round.js";
import { publishedNumbers, specTarget } from "./spec-target.js";
import { conclude } from "./verdict.js";

export { toleranceText } from "../../runtime/compare.js";
export type { VerifyOptions, VerifyReport } from "./report.js";

/**
 * Proves that an ONNX file computes what it should, on a device.
 *
 * Of a spec, ONNX Runtime runs the export; the reference interpreter evaluates the network at model level, in
 * float64, with unfolded BatchNorm and each gate by its paper's equation. Of an ONNX file the reference is the
 * interpreter over the decoded graph. Both with the weights as they are and with stress weights, which make every
 * gate and every block matter (a spec takes those of a file, too); how much each gate of a spec matters is measured and part of the result.
 *
 * Errors: `InputError` for a wrong spec, file or option; `DeviceError` where the device is not there;
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
  const { against = "reference", onProgress } = options;
  checkOptions(options);
  const checks: Check[] = [];
  const subject = prepare(model, options, given, (check) => checks.push(check));
  const deadline = new Deadline(options.timeout);
  const { allowTf32, program } = options;
  const device = await chooseDevice(options.device ?? "cpu", { deadline, program, allowTf32 });
  const precision = precisionOn(device, subject.target, options);
  const runtime = options.runtime ?? (await startRuntime({ deadline, program, allowTf32 }));
  const context: RunContext = {
    runtime,
    device: device.device,
    alsoOnCpu: against === "cpu" && device.device !== "cpu",
    batches: options.batches ?? [1, 3],
    weightSeed: options.seed ?? 0,
    seeds: options.seeds ?? [options.seed ?? 0],
    tolerance: withElementwise(TOLERANCES[precision], options),
    deadline,
    note: (check) => checks.push(check),
  };
  const comparisons: Comparison[] = [];
  const blocks: BlockComparison[] = [];
  const placements: ModelPlacement[] = [];
  const { rounds } = subject.target;
  try {
    await holdDevice(runtime, device.device);
    for (let i = 0; i < rounds; i++) {
      const round = subject.target.round(i, { tolerance: TOLERANCES[precision], deadline });
      const progress = (message: string, part: number): void =>
        onProgress?.(`${round.weights}: ${message}`, (i + part) / rounds);
      const result = await runRound(round, context, (message, part) => progress(message, part * 0.9));
      comparisons.push(...result.comparisons);
      // Weights change nothing about where nodes run.
      if (i === 0) placements.push(...result.placements);
      if (options.perBlock === true) {
        blocks.push(
          ...(await compareBlocks(round, context, (message, part) => progress(message, 0.9 + part / 10))),
        );
      }
    }
  } finally {
    if (options.runtime === undefined) runtime.close();
  }
  const { gates, checks: measured } = subject.target.found();
  checks.push(...measured, ...placementChecks(placements, options.allowCpuNodes ?? false));
  const cpuNodes = placements.reduce((sum, { onCpu }) => sum + onCpu.length, 0);
  const { verdict, undecided } = conclude(comparisons, blocks, checks);
  return {
    ok: verdict === "right",
    verdict,
    undecided,
    model,
    device: deviceReport(device, cpuNodes),
    tolerance: context.tolerance,
    comparisons,
    ...(options.perBlock === true ? { blocks, firstDivergence: firstDivergence(blocks) } : {}),
    placements,
    gates,
    checks,
    ...(subject.weights === undefined ? {} : { weights: subject.weights }),
    warnings: [...subject.warnings, ...weightsWarnings([given])],
  };
}

interface Prepared {
  readonly target: VerifyTarget;
  /** What became of the weights that were given. */
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
    const target = fileTarget({ path: model, bytes: readBytes(model) }, file, options, note);
    return { target, weights: undefined, warnings: [] };
  }
  const network = specNetwork(model, { ...options, given });
  if (options.resolution === undefined) for (const check of publishedNumbers(network)) note(check);
  return {
    target: specTarget(model, network, file, options, note),
    weights: network.weights,
    warnings: network.warnings,
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
