import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { type RandomStream, randomStream } from "../../base/random.js";
import { activations } from "../../ir/activations.js";
import type { GateResponses } from "../gate-responses.js";
import type { SeShape, SeWeights } from "./se-weights.js";

/** Ridges that are tried, as parts of the largest eigenvalue. */
const RIDGES = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1] as const;

/** How far a hidden unit's smallest value on the images is above 0, in its standard deviations. */
const ACTIVE = 0.1;

/**
 * The excitation of h hidden units that is nearest to being linear: pre-activations z of the old gate are regressed on the
 * squeezed values s,
 *
 *     Ẑ = S·B,   B = Sᵀ(S·Sᵀ + λ)⁻¹·Z        rows are images; both centred, z weighted by how much its channel counts
 *
 * λ is the one of the least generalised cross-validation error. The h first principal directions of Ẑ, u = P_hᵀ(s - s̄), become the
 * hidden units, each shifted above 0 so that a ReLU passes it, and B's part along them the second layer.
 *
 * Sources: Izenman, Reduced-rank regression for the multivariate linear model (J. Multivariate Analysis 5, 1975); Golub, Heath and
 * Wahba, Generalized cross-validation (Technometrics 21, 1979).
 */
export function linearExcitation(
  shape: SeShape,
  responses: GateResponses,
  inverse: (response: number) => number,
): SeWeights {
  const { channels, squeezed } = shape;
  const { images, squeeze } = responses;
  const { z, means, scale } = preActivations(shape, responses, inverse);
  const centre = columnMeans(squeeze, images, channels);
  const spread = columnDeviations(squeeze, centre, images, channels);
  const S = matrixOf(images, channels, (n, c) => {
    const deviation = spread[c] as number;
    return deviation === 0 ? 0 : ((squeeze[n * channels + c] as number) - (centre[c] as number)) / deviation;
  });
  const weights = ridgeWeights(S.mmul(S.transpose()), z);
  // Ẑ = K·W with K = S·Sᵀ: its principal directions follow from the small square Ẑ·Ẑᵀ.
  const predicted = S.mmul(S.transpose().mmul(weights));
  const { vectors, values } = eigen(predicted.mmul(predicted.transpose()));

  const excitation: SeWeights = {
    reduce: new Float64Array(squeezed * channels),
    expand: new Float64Array(channels * squeezed),
    reduceBias: new Float64Array(squeezed),
    expandBias: Float64Array.from(means),
  };
  const stream = randomStream(0, "surplus units");
  for (let j = 0; j < squeezed; j++) {
    const value = values[j] ?? 0;
    if (value <= LEAST * (values[0] ?? 0)) {
      addSurplusUnit(excitation, shape, j, { centre, spread, stream });
      continue;
    }
    const direction = vectors[j] as Float64Array;
    // v = Ẑᵀp/σ, the direction in the channels; Ẑ·v = σ·p, and S·(Sᵀ·W·v) is the same by squeezed values.
    const singular = Math.sqrt(value);
    const v = predicted.transpose().mmul(Matrix.columnVector(direction)).div(singular);
    const a = S.transpose().mmul(weights.mmul(v));
    addUnit(excitation, shape, j, {
      // Scaled so that the unit deviates by about 1 over the images.
      inputs: a.to1DArray().map((each, c) => (each * Math.sqrt(images)) / (singular * (spread[c] || 1))),
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
    spread,
    stream,
  }: { readonly centre: Float64Array; readonly spread: Float64Array; readonly stream: RandomStream },
): void {
  const deviation = 1 / Math.sqrt(channels);
  for (let c = 0; c < channels; c++) {
    const weight = (deviation * stream.normal()) / ((spread[c] as number) || 1);
    reduce[j * channels + c] = weight;
    reduceBias[j] = (reduceBias[j] as number) - weight * (centre[c] as number);
  }
}

/** What stands for the eigenvalues of a matrix of zeros, so that nothing is divided by 0. */
const TINY = 1e-200;

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

/** What the old gate's function was applied to, centred and times √weight of each channel. */
function preActivations(
  { channels, gate }: SeShape,
  { images, response, weight }: GateResponses,
  inverse: (response: number) => number,
): { readonly z: Matrix; readonly means: Float64Array; readonly scale: Float64Array } {
  const raw = response.map(inverse);
  const means = new Float64Array(channels);
  const scale = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    let [total, sum] = [0, 0];
    for (let n = 0; n < images; n++) {
      const at = n * channels + c;
      const slope = slopeAt(activations[gate].apply, raw[at] as number);
      const w = (weight[at] as number) * slope * slope;
      total += w;
      sum += w * (raw[at] as number);
    }
    scale[c] = Math.sqrt(total / images);
    means[c] = total === 0 ? (raw[c] ?? 0) : sum / total;
  }
  const z = matrixOf(
    images,
    channels,
    (n, c) => ((raw[n * channels + c] as number) - (means[c] as number)) * (scale[c] as number),
  );
  return { z, means, scale };
}

/** The slope of a function, from two points beside x. */
export function slopeAt(f: (x: number) => number, x: number): number {
  return (f(x + STEP) - f(x - STEP)) / (2 * STEP);
}

const STEP = 1e-5;

/** W = (K + λ)⁻¹·Z with the λ of the least generalised cross-validation error. */
function ridgeWeights(K: Matrix, Z: Matrix): Matrix {
  const { vectors, values } = eigen(K);
  const n = K.rows;
  const U = new Matrix(n, n);
  vectors.forEach((vector, j) => {
    U.setColumn(j, Array.from(vector));
  });
  const rotated = U.transpose().mmul(Z);
  const energy = Array.from({ length: n }, (_, i) =>
    rotated.getRow(i).reduce((sum, each) => sum + each * each, 0),
  );
  const errorOf = (ridge: number): number => {
    let [error, free] = [0, 0];
    for (let i = 0; i < n; i++) {
      const left = ridge / ((values[i] ?? 0) + ridge);
      error += left * left * (energy[i] as number);
      free += left;
    }
    return error / (free / n) ** 2;
  };
  const largest = Math.max(values[0] ?? 0, TINY);
  const ridge = RIDGES.map((part) => part * largest).reduce((a, b) => (errorOf(b) < errorOf(a) ? b : a));
  for (let i = 0; i < n; i++) rotated.mulRow(i, 1 / (Math.max(values[i] ?? 0, 0) + ridge));
  return U.mmul(rotated);
}

/** The eigenvectors of a symmetric matrix, that of the largest eigenvalue first. */
function eigen(symmetric: Matrix): {
  readonly vectors: readonly Float64Array[];
  readonly values: readonly number[];
} {
  const isZero = symmetric.norm() === 0;
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    isZero ? Matrix.eye(symmetric.rows) : symmetric,
    { assumeSymmetric: true },
  );
  const order = realEigenvalues
    .map((_, i) => i)
    .sort((a, b) => (realEigenvalues[b] as number) - (realEigenvalues[a] as number));
  return {
    vectors: order.map((i) => Float64Array.from(eigenvectorMatrix.getColumn(i))),
    values: order.map((i) => (isZero ? 0 : (realEigenvalues[i] as number))),
  };
}

function matrixOf(rows: number, columns: number, of: (row: number, column: number) => number): Matrix {
  return new Matrix(
    Array.from({ length: rows }, (_, n) => Array.from({ length: columns }, (_, c) => of(n, c))),
  );
}

export function columnMeans(values: Float64Array, rows: number, columns: number): Float64Array {
  const means = new Float64Array(columns);
  values.forEach((value, i) => {
    means[i % columns] = (means[i % columns] as number) + value / rows;
  });
  return means;
}

export function columnDeviations(
  values: Float64Array,
  means: Float64Array,
  rows: number,
  columns: number,
): Float64Array {
  const squares = new Float64Array(columns);
  values.forEach((value, i) => {
    const c = i % columns;
    squares[c] = (squares[c] as number) + (value - (means[c] as number)) ** 2 / rows;
  });
  return squares.map(Math.sqrt);
}
