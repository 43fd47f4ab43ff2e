import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { type ActivationName, activations } from "../../ir/activations.js";
import type { GateResponses } from "../gate-responses.js";
import { inverseOf } from "./inverse.js";
import { scaledSqueezes } from "./scaled-squeezes.js";

/** Ridges that are tried, as parts of the largest eigenvalue. */
const RIDGES = [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1] as const;

/** What stands for the eigenvalues of a matrix of zeros, so that nothing is divided by 0. */
const TINY = 1e-200;

/** What a gate's pre-activations z are of its squeezed values s, as far as that is linear; rows are images, columns channels. */
export interface LinearResponse {
  /** The squeezed values, each channel centred and in units of its own. */
  readonly S: Matrix;
  readonly centre: Float64Array;
  readonly unit: Float64Array;
  /** W of B = Sᵀ·W. */
  readonly weights: Matrix;
  /** Ẑ = S·B, centred by `means` and each channel times its `scale`, which says how much it counts. */
  readonly predicted: Matrix;
  readonly means: Float64Array;
  readonly scale: Float64Array;
  /** The principal directions of Ẑ over the images, that of the largest power first. */
  readonly directions: readonly Float64Array[];
  readonly powers: readonly number[];
}

/**
 * Regresses the pre-activations of an old gate on its squeezed values,
 *
 *     Ẑ = S·B,   B = Sᵀ(S·Sᵀ + λ)⁻¹·Z        both centred, z weighted by how much its channel counts
 *
 * λ is the one of the least generalised cross-validation error, and at least what squeezed values that drift amount to
 * (`scaledSqueezes`): fitting to s + noise of variance v is a ridge of N·v. Excitations of all widths are made of the same
 * result, which is found once for some responses.
 *
 * Sources: Bishop, Training with noise is equivalent to Tikhonov regularization (Neural Computation 7, 1995); Golub, Heath and
 * Wahba, Generalized cross-validation (Technometrics 21, 1979).
 */
export function linearResponse(gate: ActivationName, responses: GateResponses): LinearResponse {
  const known = found.get(responses);
  if (known?.gate === gate) return known.response;
  const response = regressed(gate, responses);
  found.set(responses, { gate, response });
  return response;
}

const found = new WeakMap<
  GateResponses,
  { readonly gate: ActivationName; readonly response: LinearResponse }
>();

function regressed(gate: ActivationName, responses: GateResponses): LinearResponse {
  const { images, channels } = responses;
  const { z, means, scale } = preActivations(gate, responses);
  const { values: scaled, centre, unit, drift } = scaledSqueezes(responses);
  const S = matrixOf(images, channels, (n, c) => scaled[n * channels + c] as number);
  const least = (images * drift.reduce((sum, each) => sum + each * each, 0)) / channels;
  const weights = ridgeWeights(S.mmul(S.transpose()), z, least);
  // Ẑ = K·W with K = S·Sᵀ: its principal directions follow from the small square Ẑ·Ẑᵀ.
  const predicted = S.mmul(S.transpose().mmul(weights));
  const { vectors, values } = eigen(predicted.mmul(predicted.transpose()));
  return { S, centre, unit, weights, predicted, means, scale, directions: vectors, powers: values };
}

/** What the old gate's function was applied to, centred and times √weight of each channel. */
function preActivations(
  gate: ActivationName,
  { images, channels, response, weight }: GateResponses,
): { readonly z: Matrix; readonly means: Float64Array; readonly scale: Float64Array } {
  const { apply } = activations[gate];
  const raw = response.map(inverseOf(apply));
  const means = new Float64Array(channels);
  const scale = new Float64Array(channels);
  for (let c = 0; c < channels; c++) {
    let [total, sum] = [0, 0];
    for (let n = 0; n < images; n++) {
      const at = n * channels + c;
      const x = raw[at] as number;
      const slope = slopeAt(apply, x, apply(x));
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

/** The slope of a function where it gives y for x. */
export function slopeAt(f: (x: number) => number, x: number, y: number): number {
  return (f(x + STEP) - y) / STEP;
}

const STEP = 1e-6;

/** W = (K + λ)⁻¹·Z with the λ ≥ `least` of the least generalised cross-validation error. */
function ridgeWeights(K: Matrix, Z: Matrix, least: number): Matrix {
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
  const ridge = RIDGES.map((part) => Math.max(part * largest, least)).reduce((a, b) =>
    errorOf(b) < errorOf(a) ? b : a,
  );
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
