import type { ActivationName } from "../activations.js";
import { activations } from "../activations.js";
import type { OpOf, Value } from "../graph.js";
import type { OpName } from "../ops/registry.js";
import { concreteDims, elementCount, gatedChannels } from "../types.js";
import { type Distribution, meanInverse, meanSquare, normal, type Range, uniform } from "./distribution.js";
import { applied, type Moments, mixed, perChannel, sum, variation } from "./moments.js";

/** What becomes of an op's parameters, by their index among the operands, and the moments of its result. */
export interface Stress {
  readonly result: Moments;
  readonly parameters?: readonly (Distribution | undefined)[];
}

/** `x` and `y` are the moments of the first and the second operand. */
export type StressRule<N extends OpName> = (op: OpOf<N>, x: Moments, y: Moments) => Stress;

/**
 * Deviation of biases, shifts and means, where that of a signal around its channels' means is 1: enough to see
 * one that is lost. Measured by the whole signal, offsets would soon drown what depends on the input.
 */
export const OFFSET = 0.3;

/** Deviation of what goes into a gate: of N(0, 1.5²), σ is between 0.1 and 0.9 in six of seven channels. */
export const GATE_INPUT = 2;

/**
 * γ of a normalisation: a third of the signs are turned, and few channels vanish. It is well above 1 because
 * SiLU and its kind halve small signals and keep large ones: at 2 or more the gain hardly depends on the size,
 * so that errors of the expected size don't multiply from block to block.
 */
export const SCALE: Range = { low: -1.6, high: 3.2 };

/** σ² of a normalisation, where the power of what is normalised is 1. */
export const VARIANCE: Range = { low: 0.5, high: 1.5 };

/** The taps of ECA, where their deviation is 1: of so few normal ones all are too often next to nothing. */
export const TAPS: Range = { low: -Math.sqrt(3), high: Math.sqrt(3) };

/**
 * γ of a normalisation of one channel that makes a gate for all others. It is never next to nothing, and small: what
 * comes in is a maximum over channels, whose size is hard to expect, and a gate that closes would silence the network.
 */
export const GATE_SCALE: Range = { low: 0.2, high: 0.5 };

/** A layer of a gate: its numbers, and what comes out. */
export interface Layer {
  readonly weight: Distribution;
  readonly bias: Distribution;
  readonly result: Moments;
}

/** A layer inside of a gate, whose results are around 1. */
export function hiddenLayer(fanIn: number, x: Moments): Layer {
  return {
    weight: normal(unitGain(fanIn, x)),
    bias: normal(OFFSET),
    result: perChannel(1 + OFFSET ** 2),
  };
}

/** The layer before a gate's function, whose results spread the gate. */
export function gateLayer(fanIn: number, x: Moments): Layer {
  return {
    weight: normal(GATE_INPUT * unitGain(fanIn, x)),
    bias: normal(OFFSET),
    result: perChannel(GATE_INPUT ** 2 + OFFSET ** 2),
  };
}

/** Mean square of a gate, by which a product with it changes the power. */
export function gatePower(gate: ActivationName, scores: Moments): number {
  return applied(activations[gate].apply, scores).power;
}

/** The two layers of an excitation over x: C to M channels and back. */
export function excitation(
  { channels, squeezed, hidden }: { channels: number; squeezed: number; hidden: ActivationName },
  x: Moments,
): { readonly reduce: Layer; readonly expand: Layer } {
  const reduce = hiddenLayer(channels, x);
  const between = applied(activations[hidden].apply, reduce.result);
  return { reduce, expand: gateLayer(squeezed, between) };
}

/** Scale, shift, mean and variance of a batch normalisation over x, and its result. */
export function stressNorm(
  x: Moments,
  scale: Range = SCALE,
): { result: Moments; parameters: Distribution[] } {
  const mean = OFFSET * variation(x);
  const centred = sum(x, perChannel(mean ** 2));
  // Scales of both signs take most of a mean away, and what is normalised is seldom rectified.
  const y = mixed(centred, (meanSquare(scale) * meanInverse(VARIANCE)) / x.power);
  const shift = OFFSET * variation(y);
  return {
    result: sum(y, perChannel(shift ** 2)),
    parameters: [uniform(scale), normal(shift), normal(mean), uniform(VARIANCE, x.power)],
  };
}

/** The normalisation right before a gate of one channel. */
export function stressGateNorm(x: Moments): { result: Moments; parameters: Distribution[] } {
  return stressNorm(x, GATE_SCALE);
}

/** The deviation of weights that make a sum of `fanIn` products with x of power 1. */
export function unitGain(fanIn: number, { power }: Moments): number {
  return 1 / Math.sqrt(fanIn * power);
}

export function sizesOf(map: Value): { readonly channels: number; readonly positions: number } {
  const [, channels] = gatedChannels(map.type, "x");
  return { channels, positions: elementCount(concreteDims(map.type.dims).slice(2)) };
}
