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
 * does not hang on how near those of other images, and of a network with other gates, are. The rate falls to 0 as a cosine.
 *
 * Sources: Kingma and Ba, Adam (ICLR 2015), algorithm 1; Loshchilov and Hutter, SGDR (ICLR 2017), eq. 5.
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
  descend(weights, (gradient, step) =>
    addGradient(shape, weights, drifting[step % DRIFTS] ?? values, responses, gradient, {
      first: step % stride,
      stride,
    }),
  );
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

type Weights = { [K in keyof SeWeights]: Float64Array };

/** Adam with the usual moments. `gradientOf` adds the gradient at the weights as they are to zeros. */
function descend(weights: Weights, gradientOf: (gradient: Weights, step: number) => void): void {
  const zeros = (): Weights => ({
    reduce: new Float64Array(weights.reduce.length),
    expand: new Float64Array(weights.expand.length),
    reduceBias: new Float64Array(weights.reduceBias.length),
    expandBias: new Float64Array(weights.expandBias.length),
  });
  const [gradient, first, second] = [zeros(), zeros(), zeros()];
  for (let step = 1; step <= STEPS; step++) {
    for (const each of Object.values(gradient)) each.fill(0);
    gradientOf(gradient, step);
    const rate = RATE * 0.5 * (1 + Math.cos((Math.PI * step) / STEPS));
    for (const key of ["reduce", "expand", "reduceBias", "expandBias"] as const) {
      const [w, g, m, v] = [weights[key], gradient[key], first[key], second[key]];
      for (let i = 0; i < w.length; i++) {
        const each = g[i] as number;
        m[i] = 0.9 * (m[i] as number) + 0.1 * each;
        v[i] = 0.999 * (v[i] as number) + 0.001 * each * each;
        const size = Math.sqrt((v[i] as number) / (1 - 0.999 ** step)) + 1e-12;
        w[i] = (w[i] as number) - (rate * (m[i] as number)) / (1 - 0.9 ** step) / size;
      }
    }
  }
}

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
