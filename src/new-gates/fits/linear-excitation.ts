import { Matrix } from "ml-matrix";
import { type RandomStream, randomStream } from "../../base/random.js";
import type { GateResponses } from "../gate-responses.js";
import { linearResponse } from "./linear-response.js";
import type { SeShape, SeWeights } from "./se-weights.js";

/** How far a hidden unit's smallest value on the images is above 0, in its standard deviations. */
const ACTIVE = 0.1;

/**
 * The excitation of h hidden units that is nearest to being linear (`linearResponse`): the h first principal directions of Ẑ,
 * u = P_hᵀ(s - s̄), become the hidden units, each shifted above 0 so that a ReLU passes it, and B's part along them the second layer.
 *
 * Source: Izenman, Reduced-rank regression for the multivariate linear model (J. Multivariate Analysis 5, 1975).
 */
export function linearExcitation(shape: SeShape, responses: GateResponses): SeWeights {
  const { channels, squeezed } = shape;
  const { images } = responses;
  const { S, centre, unit, weights, predicted, means, scale, directions, powers } = linearResponse(
    shape.gate,
    responses,
  );
  const excitation: SeWeights = {
    reduce: new Float64Array(squeezed * channels),
    expand: new Float64Array(channels * squeezed),
    reduceBias: new Float64Array(squeezed),
    expandBias: Float64Array.from(means),
  };
  const stream = randomStream(0, "surplus units");
  for (let j = 0; j < squeezed; j++) {
    const power = powers[j] ?? 0;
    if (power <= LEAST * (powers[0] ?? 0)) {
      addSurplusUnit(excitation, shape, j, { centre, unit, stream });
      continue;
    }
    const direction = directions[j] as Float64Array;
    // v = Ẑᵀp/σ, the direction in the channels; Ẑ·v = σ·p, and S·(Sᵀ·W·v) is the same by squeezed values.
    const singular = Math.sqrt(power);
    const v = predicted.transpose().mmul(Matrix.columnVector(direction)).div(singular);
    const a = S.transpose().mmul(weights.mmul(v));
    addUnit(excitation, shape, j, {
      // Scaled so that the unit deviates by about 1 over the images.
      inputs: a.to1DArray().map((each, c) => (each * Math.sqrt(images)) / (singular * (unit[c] as number))),
      values: Array.from(direction, (each) => each * Math.sqrt(images)),
      outputs: v.to1DArray().map((each, c) => {
        const weight = scale[c] as number;
        return weight === 0 ? 0 : (each * singular) / (Math.sqrt(images) * weight);
      }),
      centre,
    });
  }
  return excitation;
}

/**
 * A unit for which there is no direction left: a random one, half of whose values are below 0, that adds nothing yet. So a fit can
 * bend the response with it.
 */
function addSurplusUnit(
  { reduce, reduceBias }: SeWeights,
  { channels }: SeShape,
  j: number,
  {
    centre,
    unit,
    stream,
  }: { readonly centre: Float64Array; readonly unit: Float64Array; readonly stream: RandomStream },
): void {
  const deviation = 1 / Math.sqrt(channels);
  for (let c = 0; c < channels; c++) {
    const weight = (deviation * stream.normal()) / (unit[c] as number);
    reduce[j * channels + c] = weight;
    reduceBias[j] = (reduceBias[j] as number) - weight * (centre[c] as number);
  }
}

/** An eigenvalue below this part of the largest is what rounding left of zero. */
const LEAST = 1e-12;

/** A hidden unit: its weights, its values on the images (of mean 0), and what it adds to each channel. */
interface Unit {
  readonly inputs: readonly number[];
  readonly values: readonly number[];
  readonly outputs: readonly number[];
  readonly centre: Float64Array;
}

function addUnit(
  { reduce, expand, reduceBias, expandBias }: SeWeights,
  { channels, squeezed }: SeShape,
  j: number,
  { inputs, values, outputs, centre }: Unit,
): void {
  const shift = ACTIVE - Math.min(...values);
  reduceBias[j] = shift - inputs.reduce((sum, each, c) => sum + each * (centre[c] as number), 0);
  for (let c = 0; c < channels; c++) {
    reduce[j * channels + c] = inputs[c] as number;
    expand[c * squeezed + j] = outputs[c] as number;
    expandBias[c] = (expandBias[c] as number) - (outputs[c] as number) * shift;
  }
}
