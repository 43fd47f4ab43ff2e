import { Adam } from "../base/adam.js";
import { randomStream } from "../base/random.js";
import type { Graph, GraphInput } from "../ir/graph.js";
import type { GateNumbers } from "./fits/fit.js";
import type { PlannedGate } from "./planned-gate.js";
import { type TrainedNumbers, trainableNetwork, withTrained } from "./trainable.js";

/** Derivatives of how far a network's outputs are from given ones. */
export interface GradientRuns {
  /** The images of a step: as many as were asked for, or a few less. */
  readonly imagesPerStep: number;
  /** The multiply-accumulates of a step. */
  readonly macs: number;
  /**
   * Their sums over the images of a step, by each of the inputs that are differentiated by.
   *
   * @param values of these inputs, in their order
   * @param wanted what the network should give for each of the images, all outputs one after the other
   *
   * Errors: `NoDerivatives` for images of several sizes.
   */
  of(
    images: readonly number[],
    values: readonly Float64Array[],
    wanted: readonly Float64Array[],
  ): Promise<readonly Float64Array[]>;
  close(): Promise<void>;
}

/**
 * Opens derivatives of how far a network's outputs on images are from given ones, by some of its inputs.
 *
 * @param graph at model level
 * @param outputs what it should give for images, which say how large an error of each output is
 *
 * Errors: `NoDerivatives`.
 */
export type OpenGradients = (
  graph: Graph,
  inputs: readonly GraphInput[],
  outputs: readonly Float64Array[],
  imagesPerStep: number,
) => Promise<GradientRuns>;

/** Why a network's gates can't be fitted together, in words. */
export class NoDerivatives extends Error {}

/** What came of fitting gates together. */
export interface Together {
  readonly numbers: readonly GateNumbers[];
  /** Steps in which all parameters were updated, each by the errors on `imagesPerStep` images. */
  readonly steps: number;
  readonly imagesPerStep: number;
}

/** How often all numbers move, if the user says nothing else, and by how many images each time. */
const STEPS = 40;
const BATCH = 24;

/** How far numbers move at first, as a part of their size. */
const RATE = 0.01;
/** The size of numbers that are all zero. */
const LEAST_SIZE = 1e-3;

/** Multiply-accumulates that may be spent if the user doesn't say how many steps there are to be. */
const MOST_MACS = 400e9;

/** What gates are fitted together by. */
export interface FitTogether {
  readonly open: OpenGradients;
  /** The images that are fitted to. */
  readonly fitted: readonly number[];
  /** What the original gives for each image, all outputs one after the other. */
  readonly outputs: readonly Float64Array[];
  /** How often all numbers move; undefined for as often as is usual, if that is not too dear. */
  readonly steps: number | undefined;
  /** Is told before each step which part is done. */
  readonly onStep: (part: number) => void;
  readonly seed: number;
}

/**
 * The numbers of new gates, moved together towards what the network's outputs were: fitted by themselves, each gives what the old gate gave as
 * nearly as it can, and what is left adds up. Adam on some images at a time follows the derivatives of how far the outputs are off by all
 * numbers of the new gates and by the factors in the layers beside them; nothing else of the network moves, and no labels are needed.
 *
 * Errors: `NoDerivatives` where there are none, where they are not finite, or where it would take too long.
 *
 * Source: Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network (2015), section 2.
 */
export async function fittedTogether(
  swapped: Graph,
  planned: readonly PlannedGate[],
  numbers: readonly GateNumbers[],
  { open, fitted, outputs, steps, onStep, seed }: FitTogether,
): Promise<Together> {
  const { graph, trained } = trainableNetwork(swapped, planned, numbers);
  const values = trained.map(({ start }) => Float64Array.from(start));
  const rates = values.map((each) => RATE * Math.max(LEAST_SIZE, rootMeanSquare(each)));
  const outputsOf = (images: readonly number[]): readonly Float64Array[] =>
    images.map((image) => outputs[image] ?? new Float64Array());
  const gradients = await open(
    graph,
    trained.map(({ input }) => input),
    outputsOf(fitted),
    Math.min(BATCH, fitted.length),
  );
  const { imagesPerStep } = gradients;
  try {
    const count = steps ?? stepsWithin(gradients);
    const adam = new Adam(values, count, rates);
    const order = new Shuffled(fitted, seed);
    for (let step = 0; step < count; step++) {
      onStep(step / count);
      const images = order.next(imagesPerStep);
      const derivatives = await gradients.of(images, values, outputsOf(images));
      if (!derivatives.every((each) => each.every(Number.isFinite)))
        throw new NoDerivatives("some derivatives are not finite");
      adam.step(derivatives);
      keepAbove(values, trained);
    }
    return { numbers: withTrained(numbers, trained, values), steps: count, imagesPerStep };
  } finally {
    await gradients.close();
  }
}

/** The usual number of steps. Errors: `NoDerivatives` where that takes too long. */
function stepsWithin(gradients: GradientRuns): number {
  const macs = gradients.macs * STEPS;
  if (macs <= MOST_MACS) return STEPS;
  const giga = (value: number): string => `${Math.round(value / 1e9)} G`;
  throw new NoDerivatives(
    `${STEPS} steps would take ${giga(macs)} multiply-accumulates, more than ${giga(MOST_MACS)}; --fit-steps ${STEPS} takes them`,
  );
}

/** Images in a random order, again and again. */
class Shuffled {
  readonly #images: readonly number[];
  readonly #random: ReturnType<typeof randomStream>;
  #left: number[] = [];

  constructor(images: readonly number[], seed: number) {
    this.#images = images;
    this.#random = randomStream(seed, "images of a step");
  }

  next(count: number): readonly number[] {
    return Array.from({ length: count }, () => this.#one());
  }

  #one(): number {
    if (this.#left.length === 0) this.#left = [...this.#images];
    const at = Math.floor(this.#random.uniform(0, this.#left.length));
    const [image] = this.#left.splice(at, 1);
    if (image === undefined) throw new RangeError("there is no image to fit to");
    return image;
  }
}

function rootMeanSquare(values: Float64Array): number {
  return Math.sqrt(values.reduce((sum, each) => sum + each * each, 0) / values.length);
}

function keepAbove(values: readonly Float64Array[], trained: readonly TrainedNumbers[]): void {
  values.forEach((each, i) => {
    const least = trained[i]?.least ?? Number.NEGATIVE_INFINITY;
    for (let at = 0; at < each.length; at++) each[at] = Math.max(least, each[at] as number);
  });
}
