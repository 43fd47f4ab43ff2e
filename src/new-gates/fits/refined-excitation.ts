import { Adam } from "../../base/adam.js";
import { randomStream } from "../../base/random.js";
import { activations } from "../../ir/activations.js";
import type { GateResponses } from "../gate-responses.js";
import { slopeAt } from "./linear-response.js";
import { scaledSqueezes } from "./scaled-squeezes.js";
import type { SeShape, SeWeights } from "./se-weights.js";

const STEPS = 400;
const RATE = 0.02;

/** Drifts of the squeezed values that are taken in turn. */
const DRIFTS = 4;

/** Images of a step: enough for the channels' many errors to give a direction, few enough that more images cost no more time. */
const BATCH = 24;

/**
 * An excitation with less error than the one it starts from,
 *
 *     Σ weight · (gate(expand · hidden(reduce · z + b₁) + b₂) - response)²
 *
 * by Adam over some of the images at a time. The squeezed values z drift a little from step to step (`scaledSqueezes`), so that what comes out
 * does not hang on how near those of other images, and of a network with other gates, are.
 */
export function refinedExcitation(shape: SeShape, start: SeWeights, responses: GateResponses): SeWeights {
  const { channels } = shape;
  const { images } = responses;
  const { values, centre, unit, drift } = scaledSqueezes(responses);
  const stream = randomStream(0, "drifting squeezes");
  const drifting = Array.from({ length: DRIFTS }, () =>
    values.map((value, i) => value + (drift[i % channels] as number) * stream.normal()),
  );
  // Every so many-th image: a folder's pictures of one kind often stand together.
  const stride = Math.ceil(images / BATCH);
  const { reduce, expand, reduceBias, expandBias } = start;
  const weights = {
    reduce: reduce.map((each, i) => each * (unit[i % channels] as number)),
    expand: Float64Array.from(expand),
    reduceBias: reduceBias.map((each, j) => each + dot(reduce, j * channels, centre)),
    expandBias: Float64Array.from(expandBias),
  };
  const gradient: Weights = {
    reduce: new Float64Array(reduce.length),
    expand: new Float64Array(expand.length),
    reduceBias: new Float64Array(reduceBias.length),
    expandBias: new Float64Array(expandBias.length),
  };
  const adam = new Adam(tensorsOf(weights), STEPS, [RATE, RATE, RATE, RATE]);
  for (let step = 1; step <= STEPS; step++) {
    for (const each of tensorsOf(gradient)) each.fill(0);
    const images = { first: step % stride, stride };
    addGradient(shape, weights, drifting[step % DRIFTS] ?? values, responses, gradient, images);
    adam.step(tensorsOf(gradient));
  }
  const unscaled = weights.reduce.map((each, i) => each / (unit[i % channels] as number));
  return {
    ...weights,
    reduce: unscaled,
    reduceBias: weights.reduceBias.map((each, j) => each - dot(unscaled, j * channels, centre)),
  };
}

function dot(matrix: Float64Array, start: number, vector: Float64Array): number {
  return vector.reduce((sum, each, i) => sum + each * (matrix[start + i] as number), 0);
}

function tensorsOf({ reduce, expand, reduceBias, expandBias }: Weights): readonly Float64Array[] {
  return [reduce, expand, reduceBias, expandBias];
}

type Weights = { [K in keyof SeWeights]: Float64Array };

function addGradient(
  { channels, squeezed, hidden, gate }: SeShape,
  { reduce, expand, reduceBias, expandBias }: Weights,
  inputs: Float64Array,
  { images, weight, response }: GateResponses,
  gradient: Weights,
  { first, stride }: { readonly first: number; readonly stride: number },
): void {
  const [f, g] = [activations[hidden].apply, activations[gate].apply];
  const [sums, units, back] = [
    new Float64Array(squeezed),
    new Float64Array(squeezed),
    new Float64Array(squeezed),
  ];
  for (let n = first; n < images; n += stride) {
    const row = n * channels;
    for (let j = 0; j < squeezed; j++) {
      let sum = reduceBias[j] as number;
      for (let c = 0; c < channels; c++)
        sum += (reduce[j * channels + c] as number) * (inputs[row + c] as number);
      sums[j] = sum;
      units[j] = f(sum);
    }
    back.fill(0);
    for (let c = 0; c < channels; c++) {
      let sum = expandBias[c] as number;
      for (let j = 0; j < squeezed; j++) sum += (expand[c * squeezed + j] as number) * (units[j] as number);
      const gated = g(sum);
      const off = gated - (response[row + c] as number);
      const error = (weight[row + c] as number) * off * slopeAt(g, sum, gated);
      gradient.expandBias[c] = (gradient.expandBias[c] as number) + error;
      for (let j = 0; j < squeezed; j++) {
        const at = c * squeezed + j;
        gradient.expand[at] = (gradient.expand[at] as number) + error * (units[j] as number);
        back[j] = (back[j] as number) + error * (expand[at] as number);
      }
    }
    for (let j = 0; j < squeezed; j++) {
      const error = (back[j] as number) * slopeAt(f, sums[j] as number, units[j] as number);
      gradient.reduceBias[j] = (gradient.reduceBias[j] as number) + error;
      for (let c = 0; c < channels; c++) {
        const at = j * channels + c;
        gradient.reduce[at] = (gradient.reduce[at] as number) + error * (inputs[row + c] as number);
      }
    }
  }
}
