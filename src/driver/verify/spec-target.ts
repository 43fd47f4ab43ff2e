import { countNetwork } from "../../analysis/counts.js";
import { Defect, InputError } from "../../base/diagnostic.js";
import { givenBytes } from "../../files/models/read.js";
import { specNetwork } from "../../given/spec-file.js";
import { type Graph, usesType } from "../../ir/graph.js";
import { placesOfInput } from "../../language/input.js";
import { checkExpectations } from "../../networks/expectations.js";
import { lower } from "../../networks/export.js";
import type { SpecNetwork } from "../../networks/spec-network.js";
import { compareInitializers, replaceInitializers, weightsOfExport } from "../../onnx/decode/initializers.js";
import { runPasses } from "../../passes/engine/manager.js";
import type { Check } from "../../runtime/compare.js";
import { exportBytes } from "../../trials/exported.js";
import { type GateEffects, gateEffects } from "../../trials/gate-effects.js";
import { halfRangeCheck, halfWeightsCheck } from "../../trials/half-precision.js";
import { MOST_STRESS_SETS, type StressWeights, stressWeightsOf } from "../../trials/stressed.js";
import { hasSelections } from "../../trials/unstable-numbers.js";
import { startHalfRounding } from "../../weights/values/half.js";
import type { GivenModel } from "./given-model.js";
import type { VerifyOptions } from "./report.js";
import type { Conditions, Findings, Subject, VerifyTarget } from "./round.js";

/** The network's own weights, initial or given ones, and those that make everything matter. */
const WEIGHTS = ["own", "stress"] as const;
type Weights = (typeof WEIGHTS)[number];

/**
 * A spec's export, with its own weights and with stress weights, and a file that is compared with it. Checks go to
 * `note`.
 */
export function specTarget(
  specFile: string,
  network: SpecNetwork,
  file: GivenModel | undefined,
  options: VerifyOptions,
  note: (check: Check) => void,
): VerifyTarget {
  let stress: SpecStress | undefined;
  const lowered = lower(network, options).graph;
  const precision = precisionOf(lowered);
  return {
    precision,
    rounds: WEIGHTS.length,
    found: () => stress ?? { gates: { image: [], effects: [] }, checks: [] },
    round(index, conditions) {
      const weights = WEIGHTS[index] as Weights;
      if (weights === "stress") stress = chooseStress(specFile, network, options, conditions, precision);
      const weighted =
        stress === undefined ? network : withMeant(network, stress.weights.apply(network.meant));
      const rounding = startHalfRounding();
      const own =
        stress === undefined
          ? exportBytes(network, options, rounding, lowered)
          : exportBytes(weighted, options, rounding);
      if (precision === "float16" && weights === "own") note(halfWeightsCheck(rounding));
      const subjects: Subject[] = [{ label: "export", model: own }];
      if (file !== undefined) {
        const { subject, check } = givenSubject(file, own, weights);
        note(check);
        if (subject !== undefined) subjects.push(subject);
      }
      const blocks = weighted.meant.blocks.map(({ scope }) => scope);
      const label = weights === "stress" ? "stress" : network.weights === undefined ? "initial" : "given";
      return {
        weights: `${label} weights`,
        reference: weighted.meant,
        parameters: stress?.weights.numbers,
        selects: hasSelections(weighted.meant),
        blocks,
        subjects,
      };
    },
  };
}

/** The counts that the spec expects against those of its network. */
export function publishedNumbers(network: SpecNetwork): readonly Check[] {
  return checkExpectations(network.spec, countNetwork(network.declared)).map(
    ({ name, expected, actual, ok }) => ({
      name,
      ok,
      detail: ok ? `${actual}` : `expected ${expected}, counted ${actual}`,
    }),
  );
}

/**
 * Side of the images on which gates are left out: one evaluation for each gate would take too long on large ones. Networks
 * with unpadded layers need larger ones; then it is the first multiple of `GATE_STEP` more on which they can be built.
 */
const GATE_RESOLUTION = 64;
const GATE_STEP = 16;

/** Stress weights of a spec's network, and what they show on small images. */
interface SpecStress extends Findings {
  readonly weights: StressWeights;
}

/**
 * Chooses the stress weights on small images: of a few sets the first with which every output depends on the input and every gate
 * can be seen to be missing; where there is none, that with most gates seen. Errors: `CheckError` at the deadline.
 */
export function chooseStress(
  specFile: string,
  network: SpecNetwork,
  options: VerifyOptions,
  { tolerance, deadline }: Conditions,
  precision = precisionOf(lower(network, options).graph),
): SpecStress {
  const { seed = 0 } = options;
  const sample = smallNetwork(specFile, network, options);
  let best: { weights: StressWeights; gates: GateEffects; missed: number } | undefined;
  for (let set = 0; set < MOST_STRESS_SETS && best?.missed !== 0; set++) {
    const weights = stressWeightsOf(sample.meant, seed, set);
    const onGate = (): void => deadline.check("leaving out each gate");
    const gates = gateEffects(weights.apply(sample.meant), seed, tolerance, onGate, weights.numbers);
    const missed = gates.effects.filter(({ ok }) => !ok).length + (weights.responds ? 0 : 1);
    if (best === undefined || missed < best.missed) best = { weights, gates, missed };
  }
  if (best === undefined) throw new Defect("no stress weights were tried");
  const { weights, gates } = best;
  const checks = [gateCheck(gates)];
  if (precision === "float16") {
    const small = withMeant(sample, weights.apply(sample.meant));
    checks.push(halfRangeCheck(small.meant, lower(small, options).graph, seed));
  }
  return { weights, gates, checks };
}

/** The network on the smallest inputs, from `GATE_RESOLUTION` on, that it can be built for; at most its own. */
function smallNetwork(specFile: string, network: SpecNetwork, options: VerifyOptions): SpecNetwork {
  const smallest = Math.min(...placesOfInput(network.spec.resolved.input));
  for (let resolution = GATE_RESOLUTION; resolution < smallest; resolution += GATE_STEP) {
    try {
      return specNetwork(specFile, { ...options, resolution });
    } catch (error) {
      const tooSmall =
        error instanceof InputError && error.diagnostics.every(({ code }) => code === "ir/type");
      if (!tooSmall) throw error;
    }
  }
  return network;
}

function gateCheck({ image, effects }: GateEffects): Check {
  const name = "every gate matters";
  if (effects.length === 0) return { name, ok: true, detail: "the network has no gate" };
  const least = effects.reduce((a, b) => (b.tolerances < a.tolerances ? b : a));
  const detail = `leaving out the least of ${effects.length} (${least.at}) moves the output by ${(least.moved * 100).toPrecision(2)} % of its range, ${least.tolerances.toPrecision(2)} tolerances, at ${image.join("x")}`;
  return least.ok ? { name, ok: true, detail } : { name, ok: false, undecided: true, detail };
}

/**
 * The given file as it is with the network's own weights, and with its weights replaced for the stress weights. What
 * can't be done so is a failed check: a comparison with fresh weights alone proves too little.
 */
function givenSubject(
  { path, bytes }: GivenModel,
  own: Uint8Array,
  weights: Weights,
): { readonly subject?: Subject; readonly check: Check } {
  const unknown = `${path} names its weights otherwise than the export, or has others; verify with the flags that it was compiled with`;
  if (weights === "own") {
    const subject = { label: path, model: path };
    const result = compareInitializers(own, givenBytes(bytes, path));
    if (result === undefined) return { subject, check: { name: "initializers", ok: false, detail: unknown } };
    const { total, different } = result;
    const detail =
      different.length === 0
        ? `all ${total} initializers of ${path} are those of the export, bit by bit`
        : `${different.length} of ${total} initializers of ${path} differ from the export's: ${different.slice(0, 3).join(", ")}`;
    return { subject, check: { name: "initializers", ok: different.length === 0, detail } };
  }
  const name = "stress weights";
  const model = replaceInitializers(givenBytes(bytes, path), weightsOfExport(own));
  if (model === undefined) return { check: { name, ok: false, detail: unknown } };
  return { subject: { label: path, model }, check: { name, ok: true, detail: `${path} takes them` } };
}

/** The lowest precision that an export computes in, whether a flag or a pass asks for it. */
function precisionOf(lowered: Graph): VerifyTarget["precision"] {
  return usesType(lowered, "float16") ? "float16" : "float32";
}

function withMeant(network: SpecNetwork, meant: Graph): SpecNetwork {
  return { ...network, meant, graph: runPasses(meant, network.keeping).graph };
}
