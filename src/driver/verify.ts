import { countNetwork } from "../analysis/counts.js";
import { InputError } from "../base/diagnostic.js";
import { readBytes } from "../base/read-file.js";
import { usesType } from "../ir/graph.js";
import { compareInitializers, replaceInitializers } from "../onnx/initializers.js";
import { modelBytes } from "../onnx/write.js";
import { runPasses } from "../passes/manager.js";
import {
  type Distance,
  TOLERANCES,
  type Tolerance,
  type ToleranceName,
  withinTolerance,
} from "../runtime/compare.js";
import type { DeviceName } from "../runtime/devices.js";
import { openSession } from "../runtime/session.js";
import { type HalfRounding, startHalfRounding } from "../weights/half.js";
import { type ExportOptions, encode, lower } from "./compile.js";
import { chooseDevice } from "./devices.js";
import { checkExpectations } from "./expectations.js";
import { type GateEffects, gateEffects, leastEffect } from "./gate-effects.js";
import { halfRangeCheck, halfWeightsCheck } from "./half-precision.js";
import {
  type GivenWeights,
  type WeightsOptions,
  type WeightsReport,
  withOpenWeights,
} from "./load-weights.js";
import { type NetworkOptions, type SpecNetwork, specNetwork } from "./network.js";
import { fixedBatch, interfaceProblem, referenceOutputs, runModel, worstDistance } from "./outputs.js";
import { stressed } from "./stressed.js";

export interface VerifyOptions
  extends Pick<NetworkOptions, "passes" | "resolution">,
    WeightsOptions,
    Omit<ExportOptions, "batch"> {
  readonly device?: DeviceName | "auto" | undefined;
  /**
   * What is compared besides the export on the device: `reference` (nothing more), `cpu` (the export on the
   * CPU as well), or the path of an ONNX file that is held to the spec in the same way.
   */
  readonly against?: string | undefined;
  /** The batches that are run, at least one. Default 1 and 3. A file of a fixed batch is run with that. */
  readonly batches?: readonly number[] | undefined;
  /** `part`: how much is done, from 0 to 1. */
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** The outputs of b held against those of a. */
export interface Comparison extends Distance {
  readonly a: string;
  readonly b: string;
  readonly batch: number;
  readonly ok: boolean;
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What was found, for people. */
  readonly detail: string;
}

/** What `ecagen verify --json` prints. */
export interface VerifyReport {
  readonly ok: boolean;
  readonly model: string;
  /** `cpuNodes`: a session on another device is refused unless every node runs there, so there are none. */
  readonly device: { readonly requested: string; readonly used: string; readonly cpuNodes: number };
  /** `precision`: the lowest that the export computes in. */
  readonly tolerance: Tolerance & { readonly precision: ToleranceName };
  readonly comparisons: readonly Comparison[];
  readonly gates: GateEffects;
  readonly checks: readonly Check[];
  /** What became of the weights that were given. */
  readonly weights?: WeightsReport;
}

/** The network's own weights, initial or given ones, and those that make everything matter. */
const WEIGHTS = ["own", "stress"] as const;
type Weights = (typeof WEIGHTS)[number];

/**
 * Proves that the ONNX file of a spec computes what the spec says. ONNX Runtime runs the export; the
 * reference interpreter evaluates the network at model level, in float64, with unfolded BatchNorm and each
 * gate by its paper's equation. Both with the initial weights, or those of a file, and with stress weights, which make every gate
 * and every block matter; how much each gate matters is measured and part of the result.
 */
export function verify(specFile: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  return withOpenWeights(options, (given) => verifyWith(specFile, options, given));
}

async function verifyWith(
  specFile: string,
  options: VerifyOptions,
  given: GivenWeights | undefined,
): Promise<VerifyReport> {
  const { against = "reference", batches = [1, 3], seed = 0, onProgress } = options;
  if (batches.length === 0) throw InputError.of("verify/batches", "there is no batch to run");
  const file = against === "reference" || against === "cpu" ? undefined : givenModel(against);
  const network = specNetwork(specFile, { ...options, given });
  const device = await chooseDevice(options.device ?? "cpu");
  const checks: Check[] = options.resolution === undefined ? publishedNumbers(network) : [];
  const comparisons: Comparison[] = [];
  const precision = precisionOf(network, options);
  const tolerance = TOLERANCES[precision];

  for (const [i, weights] of WEIGHTS.entries()) {
    const label = weights === "stress" ? "stress" : given === undefined ? "initial" : "given";
    const progress = (message: string, part: number): void =>
      onProgress?.(`${label} weights: ${message}`, (i + part) / (WEIGHTS.length + 1));
    const weighted = withWeights(network, weights);
    const rounding = startHalfRounding();
    const own = exportBytes(weighted, options, rounding);
    if (precision === "float16" && weights === "own") checks.push(halfWeightsCheck(rounding));
    const subjects: Subject[] = [{ label: "export", model: own, device }];
    if (against === "cpu") subjects.push({ label: "export", model: own, device: "cpu" });
    if (file !== undefined) {
      const { subject, check } = givenSubject(file, own, weights, device);
      checks.push(check);
      if (subject !== undefined) subjects.push(subject);
    }
    const sessions = await openSubjects(subjects, weighted, checks);
    const needed = sessions.flatMap(({ session }) => fixedBatch(session) ?? [...batches]);
    const reference = referenceOutputs(weighted.meant, Math.max(...needed), seed, (part) =>
      progress("reference interpreter", part * 0.9),
    );
    for (const { subject, session } of sessions) {
      const fixed = fixedBatch(session);
      for (const batch of fixed === undefined ? batches : [fixed]) {
        progress(`${subject.device}, batch ${batch}`, 0.95);
        const outputs = await runModel(session, weighted.meant, batch, seed);
        const far = worstDistance(reference(batch), outputs, tolerance);
        comparisons.push({
          a: `reference, ${label} weights`,
          b: `${subject.label} on ${subject.device}`,
          batch,
          ...far,
          ok: withinTolerance(far, tolerance),
        });
      }
      await session.close();
    }
  }

  onProgress?.("leaving out each gate", WEIGHTS.length / (WEIGHTS.length + 1));
  const small = withWeights(onSmallImages(specFile, network, options), "stress");
  const rounding = Math.max(0, ...comparisons.filter(({ ok }) => ok).map(({ maxRel }) => maxRel));
  const gates = gateEffects(small.meant, seed, leastEffect(precision, rounding));
  checks.push(gateCheck(gates));
  if (precision === "float16") checks.push(halfRangeCheck(small.meant, lower(small, options).graph, seed));
  return {
    ok: comparisons.every((each) => each.ok) && checks.every((each) => each.ok),
    model: specFile,
    device: { requested: options.device ?? "cpu", used: device, cpuNodes: 0 },
    tolerance: { precision, ...tolerance },
    comparisons,
    gates,
    checks,
    ...(network.weights === undefined ? {} : { weights: network.weights }),
  };
}

/** A model that is run (its bytes, or its file), and where. */
interface Subject {
  readonly label: string;
  readonly model: Uint8Array | string;
  readonly device: DeviceName;
}

interface GivenModel {
  readonly path: string;
  readonly bytes: Uint8Array;
}

function givenModel(path: string): GivenModel {
  if (!path.endsWith(".onnx")) {
    throw InputError.of("verify/against", `--against takes reference, cpu or an ONNX file, got ${path}`, {
      hint: "an ONNX file's name ends in .onnx",
    });
  }
  return { path, bytes: readBytes(path) };
}

/**
 * The given file as it is with the network's own weights, and with its weights replaced for the stress weights. What
 * can't be done so is a failed check: a comparison with fresh weights alone proves too little.
 */
function givenSubject(
  { path, bytes }: GivenModel,
  own: Uint8Array,
  weights: Weights,
  device: DeviceName,
): { readonly subject?: Subject; readonly check: Check } {
  const unknown = `${path} names its weights otherwise than the export, or has others; verify with the flags that it was compiled with`;
  if (weights === "own") {
    const subject = { label: path, model: path, device };
    const result = compareInitializers(own, bytes, path);
    if (result === undefined) return { subject, check: { name: "initializers", ok: false, detail: unknown } };
    const { total, different } = result;
    const detail =
      different.length === 0
        ? `all ${total} initializers of ${path} are those of the export, bit by bit`
        : `${different.length} of ${total} initializers of ${path} differ from the export's: ${different.slice(0, 3).join(", ")}`;
    return { subject, check: { name: "initializers", ok: different.length === 0, detail } };
  }
  const name = "stress weights";
  const model = replaceInitializers(bytes, own, path);
  if (model === undefined) return { check: { name, ok: false, detail: unknown } };
  return { subject: { label: path, model, device }, check: { name, ok: true, detail: `${path} takes them` } };
}

type OpenSubject = { readonly subject: Subject; readonly session: Awaited<ReturnType<typeof openSession>> };

/** Loads the subjects; one whose inputs or outputs are not the network's is a failed check. */
async function openSubjects(
  subjects: readonly Subject[],
  network: SpecNetwork,
  checks: Check[],
): Promise<readonly OpenSubject[]> {
  const open: OpenSubject[] = [];
  for (const subject of subjects) {
    const session = await openSession(subject.model, { device: subject.device });
    const problem = interfaceProblem(session, network.meant);
    if (problem === undefined) {
      open.push({ subject, session });
    } else {
      checks.push({ name: "inputs and outputs", ok: false, detail: `${subject.label}: ${problem}` });
      await session.close();
    }
  }
  return open;
}

function exportBytes(network: SpecNetwork, options: ExportOptions, rounding: HalfRounding): Uint8Array {
  const { seed = 0 } = options;
  return modelBytes(encode(network, lower(network, options).graph, options), { seed, rounding });
}

/** The lowest precision that the export computes in, whether a flag or a pass asks for it. */
function precisionOf(network: SpecNetwork, options: ExportOptions): ToleranceName {
  return usesType(lower(network, options).graph, "float16") ? "float16" : "float32";
}

function withWeights(network: SpecNetwork, weights: Weights): SpecNetwork {
  if (weights === "own") return network;
  const meant = stressed(network.meant);
  return { ...network, meant, graph: runPasses(meant, network.keeping).graph };
}

/** Side of the images on which gates are left out, at most: one evaluation for each gate would take too long on large ones. */
const GATE_RESOLUTION = 64;

function onSmallImages(specFile: string, network: SpecNetwork, options: VerifyOptions): SpecNetwork {
  const { height, width } = network.spec.resolved.input;
  const resolution = Math.min(GATE_RESOLUTION, options.resolution ?? Math.min(height, width));
  return specNetwork(specFile, { ...options, resolution });
}

function publishedNumbers(network: SpecNetwork): Check[] {
  return checkExpectations(network.spec, countNetwork(network.declared)).map(
    ({ name, expected, actual, ok }) => ({
      name,
      ok,
      detail: ok ? `${actual}` : `expected ${expected}, counted ${actual}`,
    }),
  );
}

function gateCheck({ image, effects }: GateEffects): Check {
  const name = "every gate matters";
  if (effects.length === 0) return { name, ok: true, detail: "the network has no gate" };
  const least = effects.reduce((a, b) => (b.moved < a.moved ? b : a));
  const detail = `leaving out the least of ${effects.length} (${least.at}) moves the output by ${(least.moved * 100).toPrecision(2)} % of its range, at ${image.join("x")}`;
  return { name, ok: effects.every((gate) => gate.ok), detail };
}
