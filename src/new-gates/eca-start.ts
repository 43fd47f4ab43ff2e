import { LeastSquares } from "../base/least-squares.js";
import { activations } from "../ir/activations.js";
import { alongChannels } from "../ir/attention/arithmetic.js";
import type { GateSide } from "../ir/attention/module.js";
import { type GateResponses, meanResponses } from "./gate-responses.js";

/** What is fixed about an ECA gate before it has weights. */
export interface EcaShape {
  readonly kernel: number;
  readonly padding: "zeros" | "circular";
  /** Whether its convolution has a bias; the paper's has none. */
  readonly bias: boolean;
}

/** The numbers of an ECA gate, and the factors that a neighbouring layer takes over. */
export interface EcaNumbers {
  /** k weights. */
  readonly weight: Float64Array;
  readonly bias: number;
  /** f of each channel; ones where no layer can take them. */
  readonly factor: Float64Array;
}

/**
 * The responses of an ECA gate and its factors together, f[c] · σ(C1D_k(y)[c] + bias), as `GateResponses.response`. y is the
 * squeeze of x; for factors before the gate, that of f·x.
 */
export function ecaResponses(
  { weight, bias, factor }: EcaNumbers,
  { kernel, padding }: EcaShape,
  { images, channels, squeeze }: GateResponses,
  side: GateSide | undefined,
): Float64Array {
  const y = side === "before" ? timesChannel(squeeze, factor) : squeeze;
  const dims = [images, channels, 1, 1];
  const { data } = alongChannels({ dims, data: y }, kernel, padding, (_c, j) => weight[j] as number);
  return timesChannel(
    Float64Array.from(data, (mixed) => activations.sigmoid.apply(mixed + bias)),
    factor,
  );
}

/**
 * The gate as a constant: weights of zero, so that it is 1/2 (with a bias, the mean response of all channels), and factors
 * that make it the mean response of each channel. Without a layer for factors only the bias is left, if there is one.
 */
export function neutralEca(
  shape: EcaShape,
  responses: GateResponses,
  side: GateSide | undefined,
): EcaNumbers {
  const means = meanResponses(responses);
  const mean = means.reduce((sum, value) => sum + value, 0) / means.length;
  const bias = shape.bias ? logit(mean) : 0;
  const constant = activations.sigmoid.apply(bias);
  return {
    weight: new Float64Array(shape.kernel),
    bias,
    factor: means.map((each) => (side === undefined ? 1 : each / constant)),
  };
}

/**
 * The k weights for which C1D_k(y) is nearest to the old gate's logits, by linear least squares over images and channels:
 *
 *     Σ p (s(1 - s))² · (C1D_k(y) + bias [+ offset of the channel] - logit(s))²  is least
 *
 * s is the old response and p the power of the channel. s(1 - s) is the slope of the sigmoid: to first order this is the squared
 * error of the gate's result. A saturated gate, whose logits are anything, counts for nothing.
 *
 * Where factors can follow the gate, each channel's offset is left open in a second try, and factors are those for which
 * the result is nearest. Where they stand before it, they are those that are best for a constant gate, s is the part that
 * they leave, and p that of what they make of the channel. Of these and the constants the nearest is taken, so a fit is never further off than `neutral`.
 */
export function fitEca(shape: EcaShape, responses: GateResponses, side: GateSide | undefined): EcaNumbers {
  const neutral = neutralEca(shape, responses, side);
  const constant = side === undefined ? neutral : withBestFactors(neutral, shape, responses);
  const refactored = (numbers: EcaNumbers): EcaNumbers =>
    side === "after" ? withBestFactors(numbers, shape, responses) : numbers;
  const candidates = [
    neutral,
    constant,
    refactored(fitLogits(shape, responses, side, constant.factor, false)),
    ...(side === "after" ? [refactored(fitLogits(shape, responses, side, constant.factor, true))] : []),
  ];
  const errorOf = (numbers: EcaNumbers): number =>
    squaredError(responses, ecaResponses(numbers, shape, responses, side));
  return candidates.reduce((best, each) => (errorOf(each) < errorOf(best) ? each : best));
}

/** @param factor of each channel, for those before the gate */
function fitLogits(
  shape: EcaShape,
  responses: GateResponses,
  side: GateSide | undefined,
  factor: Float64Array,
  openOffsets: boolean,
): EcaNumbers {
  const { images, channels, power, response, squeeze } = responses;
  const before = side === "before";
  const y = before ? timesChannel(squeeze, factor) : squeeze;
  const columns = regressors(shape, y, [images, channels, 1, 1]);
  const system = new LeastSquares(columns.length);
  for (let c = 0; c < channels; c++) {
    const rows: Equation[] = [];
    const f = before ? (factor[c] as number) : 1;
    for (let n = 0; n < images; n++) {
      const at = n * channels + c;
      const s = (response[at] as number) / f;
      // Beyond what a sigmoid reaches there is no logit.
      if (!(s > 0 && s < 1)) continue;
      const row = columns.map((column) => column[at] as number);
      rows.push({ row, target: logit(s), weight: (power[at] as number) * (f * s * (1 - s)) ** 2 });
    }
    for (const { row, target, weight } of openOffsets ? centred(rows) : rows) system.add(row, target, weight);
  }
  const solution = system.solve();
  return {
    weight: solution.slice(0, shape.kernel),
    bias: shape.bias ? (solution[shape.kernel] as number) : 0,
    factor: before ? factor : new Float64Array(channels).fill(1),
  };
}

interface Equation {
  readonly row: readonly number[];
  readonly target: number;
  readonly weight: number;
}

/** The taps of each weight, y[c + j - (k-1)/2] for j = 0 … k-1, and a one for the bias. */
function regressors(
  { kernel, padding, bias }: EcaShape,
  y: Float64Array,
  dims: readonly number[],
): readonly Float64Array[] {
  const taps = Array.from({ length: kernel }, (_, tap) => {
    const { data } = alongChannels({ dims, data: y }, kernel, padding, (_c, j) => (j === tap ? 1 : 0));
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

/** The gate with the factors under which its results are nearest: Σ p s g / Σ p g² for each channel, g its own gate. */
function withBestFactors(numbers: EcaNumbers, shape: EcaShape, responses: GateResponses): EcaNumbers {
  const { images, channels, power, response } = responses;
  const ones = new Float64Array(channels).fill(1);
  const gates = ecaResponses({ ...numbers, factor: ones }, shape, responses, "after");
  const factor = numbers.factor.map((known, c) => {
    let [dot, square] = [0, 0];
    for (let n = 0; n < images; n++) {
      const at = n * channels + c;
      const [p, gate] = [power[at] as number, gates[at] as number];
      dot += p * gate * (response[at] as number);
      square += p * gate * gate;
    }
    return square === 0 ? known : dot / square;
  });
  return { ...numbers, factor };
}

function squaredError({ power, response }: GateResponses, actual: Float64Array): number {
  return actual.reduce(
    (sum, value, i) => sum + (power[i] as number) * (value - (response[i] as number)) ** 2,
    0,
  );
}

/** Numbers by image and channel, times one for each channel. */
function timesChannel(values: Float64Array, factor: Float64Array): Float64Array {
  return values.map((value, i) => value * (factor[i % factor.length] as number));
}

/** The inverse of the sigmoid. What no sigmoid reaches is taken for what it nearly reaches. */
function logit(response: number): number {
  const inside = Math.min(Math.max(response, LEAST_RESPONSE), 1 - LEAST_RESPONSE);
  return Math.log(inside / (1 - inside));
}

const LEAST_RESPONSE = 1e-6;
