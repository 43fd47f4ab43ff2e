import { countNetwork } from "../analysis/counts.js";
import { InputError } from "../base/diagnostic.js";
import { readBytes } from "../base/read-file.js";
import type { Graph } from "../ir/graph.js";
import { compareInitializers, replaceInitializers } from "../onnx/initializers.js";
import { modelBytes } from "../onnx/write.js";
import { runPasses } from "../passes/manager.js";
import { type Distance, TOLERANCES, type Tolerance, withinTolerance } from "../runtime/compare.js";
import type { DeviceName } from "../runtime/devices.js";
import { type ExportOptions, encode, lower } from "./compile.js";
import { chooseDevice } from "./devices.js";
import { checkExpectations } from "./expectations.js";
import { type GateEffect, gateEffects } from "./gate-effects.js";
import { type NetworkOptions, type SpecNetwork, specNetwork } from "./network.js";
import { referenceOutputs, runModel, worstDistance } from "./outputs.js";

export interface VerifyOptions extends Pick<NetworkOptions, "passes" | "resolution">, ExportOptions {
  readonly device?: DeviceName | "auto" | undefined;
  /**
   * What is compared besides the export on the device: `reference` (nothing more), `cpu` (the export on the
   * CPU as well), or the path of an ONNX file that is held to the spec in the same way.
   */
  readonly against?: string | undefined;
  /** The batches that are run. Default 1 and 3. */
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
  readonly device: { readonly requested: string; readonly used: string; readonly cpuNodes: number };
  readonly tolerance: Tolerance;
  readonly comparisons: readonly Comparison[];
  readonly gates: readonly GateEffect[];
  readonly checks: readonly Check[];
  /** What could not be checked, and why. */
  readonly notes: readonly string[];
}

const WEIGHTS = ["initial", "stress"] as const;

/**
 * Proves that the ONNX file of a spec computes what the spec says. ONNX Runtime runs the export; the
 * reference interpreter evaluates the network at model level, in float64, with unfolded BatchNorm and each
 * gate by its paper's equation. Both with the initial weights and with stress weights, which make every gate
 * and every block matter; how much each gate matters is measured and part of the result.
 */
export async function verify(specFile: string, options: VerifyOptions = {}): Promise<VerifyReport> {
  const { against = "reference", batches = [1, 3], seed = 0, onProgress } = options;
  const given = against === "reference" || against === "cpu" ? undefined : readModel(against);
  const network = specNetwork(specFile, options);
  const device = await chooseDevice(options.device ?? "cpu");
  const checks: Check[] = options.resolution === undefined ? publishedNumbers(network) : [];
  const comparisons: Comparison[] = [];
  const notes: string[] = [];

  for (const [i, weights] of WEIGHTS.entries()) {
    const progress = (message: string, part: number): void =>
      onProgress?.(`${weights} weights: ${message}`, (i + part) / (WEIGHTS.length + 1));
    const weighted = weights === "initial" ? network : { ...network, graph: stressed(network.graph) };
    const own = exportBytes(weighted, options);
    const subjects: Subject[] = [{ label: "export", bytes: own, device }];
    if (against === "cpu") subjects.push({ label: "export", bytes: own, device: "cpu" });
    if (given !== undefined) {
      const bytes = weights === "initial" ? given : replaceInitializers(given, own, against);
      if (bytes !== undefined) subjects.push({ label: against, bytes, device });
      else
        notes.push(
          `${against} names its weights otherwise than the export, so it did not run with stress weights`,
        );
      if (weights === "initial") checks.push(...weightChecks(own, given, against));
    }
    const reference = referenceOutputs(weighted.graph, Math.max(...batches), seed, (part) =>
      progress("reference interpreter", part * 0.9),
    );
    for (const subject of subjects) {
      for (const batch of batches) {
        progress(`${subject.device}, batch ${batch}`, 0.95);
        const outputs = await runModel(subject.bytes, weighted.graph, {
          device: subject.device,
          batch,
          seed,
        });
        const far = worstDistance(reference(batch), outputs);
        const b = `${subject.label} on ${subject.device}`;
        comparisons.push({
          a: `reference, ${weights} weights`,
          b,
          batch,
          ...far,
          ok: withinTolerance(far, TOLERANCES.float32),
        });
      }
    }
  }

  onProgress?.("leaving out each gate", WEIGHTS.length / (WEIGHTS.length + 1));
  const gates = gateEffects(stressed(smallNetwork(specFile, network, options).graph), seed);
  checks.push(gateCheck(gates));
  return {
    ok: comparisons.every((each) => each.ok) && checks.every((each) => each.ok),
    model: specFile,
    device: { requested: options.device ?? "cpu", used: device, cpuNodes: 0 },
    tolerance: TOLERANCES.float32,
    comparisons,
    gates,
    checks,
    notes,
  };
}

/** A model that is run, and where. */
interface Subject {
  readonly label: string;
  readonly bytes: Uint8Array;
  readonly device: DeviceName;
}

function readModel(file: string): Uint8Array {
  if (!file.endsWith(".onnx")) {
    throw InputError.of("verify/against", `--against takes reference, cpu or an ONNX file, got ${file}`, {
      hint: "an ONNX file's name ends in .onnx",
    });
  }
  return readBytes(file);
}

function exportBytes(network: SpecNetwork, options: ExportOptions): Uint8Array {
  return modelBytes(encode(network, lower(network, options).graph, options), { seed: options.seed ?? 0 });
}

function stressed(graph: Graph): Graph {
  return runPasses(graph, [{ pass: "stress-weights", options: {} }]).graph;
}

/** Side of the images on which gates are left out, at most: what a gate does is the same at every size. */
const GATE_RESOLUTION = 64;

function smallNetwork(specFile: string, network: SpecNetwork, options: VerifyOptions): SpecNetwork {
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

/** Whether a file that names its weights as the export does also has the export's numbers, bit by bit. */
function weightChecks(own: Uint8Array, given: Uint8Array, file: string): Check[] {
  const result = compareInitializers(own, given, file);
  if (result === undefined) return [];
  const { total, different } = result;
  const detail =
    different.length === 0
      ? `all ${total} initializers of ${file} are those of the export, bit by bit`
      : `${different.length} of ${total} initializers of ${file} differ from the export's: ${different.slice(0, 3).join(", ")}`;
  return [{ name: "initializers", ok: different.length === 0, detail }];
}

function gateCheck(gates: readonly GateEffect[]): Check {
  const name = "every gate matters";
  if (gates.length === 0) return { name, ok: true, detail: "the network has no gate" };
  const least = gates.reduce((a, b) => (b.moved < a.moved ? b : a));
  const detail = `leaving out the least of ${gates.length} (${least.at}) moves the output by ${(least.moved * 100).toPrecision(2)} % of its range`;
  return { name, ok: gates.every((gate) => gate.ok), detail };
}
