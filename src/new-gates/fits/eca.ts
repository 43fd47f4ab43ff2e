import { LeastSquares } from "../../base/least-squares.js";
import { activations } from "../../ir/activations.js";
import { alongChannels } from "../../ir/attention/arithmetic.js";
import type { AttributesOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import {
  bestFactors,
  type FitTask,
  type GateFit,
  type GateFitter,
  type GateNumbers,
  meanResponses,
  nearest,
  oldTotals,
  timesChannel,
} from "./fit.js";
import { inverseOf } from "./inverse.js";
import { DRIFT } from "./scaled-squeezes.js";

/** What is fixed about an ECA gate before it has weights. */
export interface EcaShape extends Pick<AttributesOf<"attention.eca">, "kernel" | "padding"> {
  /** Whether its convolution has a bias; the paper's has none. */
  readonly bias: boolean;
}

/** ECA as the paper has it, whose numbers can be fitted: other squeezes and gates start as `init` says. */
export const ecaFitter: GateFitter = (op) => {
  if (!isOp(op, "attention.eca")) return undefined;
  const { kernel, padding, squeeze, gate } = op.attributes;
  if (squeeze !== "average" || gate !== "sigmoid") return undefined;
  return ecaFit({ kernel, padding, bias: op.operands.length > 2 });
};

/**
 * Total factors f[c] · (offset + σ(C1D_k(y)[c] + bias)), y the squeeze of x; for factors before the gate, that of f·x.
 *
 * The k weights are those for which C1D_k(y) is nearest to the old gate's logits, by linear least squares over images and
 * channels:
 *
 *     Σ w (f s(1 - s))² · (C1D_k(y) + bias [+ offset of the channel] - logit(s))²  is least
 *
 * s is what the old total factor leaves to the sigmoid, T/f - offset, and w the weight of an error. s(1 - s) is the slope of the
 * sigmoid: to first order this is the squared error of the gate's result. A saturated gate, whose logits are anything, counts for
 * nothing.
 *
 * Factors are at first those that are best for a constant gate; where they follow the gate, those for which the result is nearest,
 * and in a second try each channel's offset is left open, with a ridge for squeezed values that drift (`DRIFT`). Of these and the
 * constants the nearest is taken.
 */
export function ecaFit(shape: EcaShape): GateFit {
  const numbersOf = (weight: Float64Array, bias: number, factor: Float64Array): GateNumbers => ({
    parameters: shape.bias ? [weight, Float64Array.of(bias)] : [weight],
    factor,
  });

  function neutral(task: FitTask): GateNumbers {
    const { offset, side } = task;
    const means = meanResponses(task.responses);
    const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
    const bias = shape.bias ? logit(mean) : 0;
    const constant = offset + activations.sigmoid.apply(bias);
    const factor = means.map((each) => (side === undefined ? 1 : (offset + each) / constant));
    return numbersOf(new Float64Array(shape.kernel), bias, factor);
  }

  function totals({ parameters, factor = NO_FACTORS }: GateNumbers, task: FitTask): Float64Array {
    const { images, channels, squeeze } = task.responses;
    const [weight = NO_FACTORS, bias = NO_FACTORS] = parameters;
    const y = task.side === "before" ? timesChannel(squeeze, factor) : squeeze;
    const { data } = alongChannels(
      { dims: [images, channels, 1, 1], data: y },
      shape.kernel,
      shape.padding,
      (_c, j) => weight[j] as number,
    );
    const plain = Float64Array.from(
      data,
      (mixed) => task.offset + activations.sigmoid.apply(mixed + (bias[0] ?? 0)),
    );
    return factor.length === 0 ? plain : timesChannel(plain, factor);
  }

  function withBestFactors(numbers: GateNumbers, task: FitTask): GateNumbers {
    const { parameters, factor = NO_FACTORS } = numbers;
    const plain = totals({ parameters }, { ...task, side: "after" });
    return { parameters, factor: bestFactors(task, plain, factor) };
  }

  function fit(task: FitTask): GateNumbers {
    const constant = neutral(task);
    const { factor = NO_FACTORS } = constant;
    if (task.side === undefined) {
      return nearest({ totals }, task, [constant, fitLogits(task, factor, false)]);
    }
    const best = withBestFactors(constant, task);
    const { factor: bestFactor = factor } = best;
    const tries =
      task.side === "before"
        ? [fitLogits(task, bestFactor, false)]
        : [false, true].map((open) => withBestFactors(fitLogits(task, bestFactor, open), task));
    return nearest({ totals }, task, [constant, best, ...tries]);
  }

  function fitLogits(task: FitTask, factor: Float64Array, openOffsets: boolean): GateNumbers {
    const { images, channels, weight, squeeze } = task.responses;
    const isFactored = task.side === "before";
    const old = oldTotals(task);
    const columns = regressors(shape, isFactored ? timesChannel(squeeze, factor) : squeeze, images, channels);
    const system = new LeastSquares(columns.length);
    const power = new Float64Array(columns.length);
    for (let c = 0; c < channels; c++) {
      const rows: Equation[] = [];
      const f = isFactored || task.offset === 1 ? (factor[c] as number) : 1;
      for (let n = 0; n < images; n++) {
        const at = n * channels + c;
        const s = (old[at] as number) / f - task.offset;
        // Beyond what a sigmoid reaches there is no logit.
        if (!(s > 0 && s < 1)) continue;
        const row = columns.map((column) => column[at] as number);
        rows.push({ row, target: logit(s), weight: (weight[at] as number) * (f * s * (1 - s)) ** 2 });
      }
      for (const each of openOffsets ? centred(rows) : rows) system.add(each.row, each.target, each.weight);
      for (const { row, weight: w } of openOffsets ? rows : []) {
        row.forEach((each, j) => {
          power[j] = (power[j] as number) + w * each * each;
        });
      }
    }
    // Without the levels of the channels what hardly differs between the images would decide.
    power.slice(0, shape.kernel).forEach((each, j) => {
      const tap = columns.map((_, i) => Number(i === j));
      system.add(tap, 0, DRIFT ** 2 * each);
    });
    const solution = system.solve();
    const bias = shape.bias ? (solution[shape.kernel] as number) : 0;
    return numbersOf(
      solution.slice(0, shape.kernel),
      bias,
      isFactored ? factor : new Float64Array(channels).fill(1),
    );
  }

  return { neutral, fit, totals };
}

const NO_FACTORS = new Float64Array();

interface Equation {
  readonly row: readonly number[];
  readonly target: number;
  readonly weight: number;
}

/** The taps of each weight, y[c + j - (k-1)/2] for j = 0 … k-1, and a one for the bias. */
function regressors(
  { kernel, padding, bias }: EcaShape,
  y: Float64Array,
  images: number,
  channels: number,
): readonly Float64Array[] {
  const taps = Array.from({ length: kernel }, (_, tap) => {
    const map = { dims: [images, channels, 1, 1], data: y };
    const { data } = alongChannels(map, kernel, padding, (_c, j) => (j === tap ? 1 : 0));
    return Float64Array.from(data);
  });
  return bias ? [...taps, new Float64Array(y.length).fill(1)] : taps;
}

/** The equations with an unknown offset in common, without it: rows and targets less their weighted means. */
function centred(equations: readonly Equation[]): readonly Equation[] {
  const total = equations.reduce((sum, { weight }) => sum + weight, 0);
  if (total === 0) return [];
  const mean = (of: (equation: Equation) => number): number =>
    equations.reduce((sum, equation) => sum + equation.weight * of(equation), 0) / total;
  const target = mean((equation) => equation.target);
  const row = equations[0]?.row.map((_, j) => mean((equation) => equation.row[j] as number)) ?? [];
  return equations.map((equation) => ({
    row: equation.row.map((value, j) => value - (row[j] as number)),
    target: equation.target - target,
    weight: equation.weight,
  }));
}

const logit = inverseOf(activations.sigmoid.apply);
