import type { FactorPlan, GateUnit } from "../../ir/channel-factors.js";
import type { Op } from "../../ir/graph.js";
import type { GateResponses } from "../gate-responses.js";

/** The numbers of a gate, and the factors that layers beside it take over. */
export interface GateNumbers {
  /** Of the gate's parameters, in the order of the op's operands, row-major. */
  readonly parameters: readonly Float64Array[];
  /** One for each channel; left out, ones. */
  readonly factor?: Float64Array;
}

/** What a gate is fitted to, and what it stands between. */
export interface FitTask {
  /** The old gate's responses. */
  readonly responses: GateResponses;
  /** 1 for a residual gate, whose total factor is 1 + g. */
  readonly offset: GateUnit["offset"];
  /** Where layers take a factor over; undefined where none can. */
  readonly side: FactorPlan["side"] | undefined;
}

/** A gate whose numbers can be fitted to what another one does. */
export interface GateFit {
  /** A constant gate, with the mean total factor of each channel as far as it can have that. */
  neutral(task: FitTask): GateNumbers;
  /** As near as the gate comes to the old one's responses; never further off than `neutral`. */
  fit(task: FitTask): GateNumbers;
  /** The total factors T with given numbers, factors included: per image n and channel c, at n·channels + c. */
  totals(numbers: GateNumbers, task: FitTask): Float64Array;
}

/** Makes the fit of an op; undefined for one whose numbers aren't fitted. */
export type GateFitter = (op: Op) => GateFit | undefined;

/** The total factors of the old gate. */
export function oldTotals({ responses: { response }, offset }: FitTask): Float64Array {
  return offset === 0 ? response : response.map((each) => offset + each);
}

/** Σ weight · (T - T₀)²: how far the gate's results are from the old one's. */
export function squaredError(task: FitTask, totals: Float64Array): number {
  const { weight } = task.responses;
  const old = oldTotals(task);
  return totals.reduce((sum, value, i) => sum + (weight[i] as number) * (value - (old[i] as number)) ** 2, 0);
}

/** Numbers by image and channel, times one for each channel. */
export function timesChannel(values: Float64Array, factor: Float64Array): Float64Array {
  return values.map((value, i) => value * (factor[i % factor.length] as number));
}

/** The best of some numbers for the gate. */
export function nearest(
  fit: Pick<GateFit, "totals">,
  task: FitTask,
  candidates: readonly GateNumbers[],
): GateNumbers {
  const errors = candidates.map((each) => squaredError(task, fit.totals(each, task)));
  const best = candidates[errors.indexOf(Math.min(...errors))];
  if (best === undefined) throw new RangeError("no numbers to choose from");
  return best;
}

/**
 * The factor of each channel under which totals are nearest to the old ones, Σ w·T₀·t / Σ w·t², t the totals without factors;
 * `otherwise` where they are zero or count for nothing.
 */
export function bestFactors(task: FitTask, plain: Float64Array, otherwise: Float64Array): Float64Array {
  const { images, channels, weight } = task.responses;
  const old = oldTotals(task);
  return otherwise.map((known, c) => {
    let [dot, square] = [0, 0];
    for (let n = 0; n < images; n++) {
      const at = n * channels + c;
      const [w, t] = [weight[at] as number, plain[at] as number];
      dot += w * t * (old[at] as number);
      square += w * t * t;
    }
    return square === 0 ? known : dot / square;
  });
}

/** The mean response of each channel over those images in which it is not zero everywhere; 1 where it always is. */
export function meanResponses({ images, channels, power, response }: GateResponses): Float64Array {
  return Float64Array.from({ length: channels }, (_, c) => {
    let [sum, seen] = [0, 0];
    for (let n = 0; n < images; n++) {
      const at = n * channels + c;
      if (power[at] === 0) continue;
      sum += response[at] as number;
      seen++;
    }
    return seen === 0 ? 1 : sum / seen;
  });
}
