/** How far two tensors of the same size are from each other. */
export interface Distance {
  /** max |a - b| */
  readonly maxAbs: number;
  /** maxAbs as a part of the reference's range, max - min (of its largest size where it is constant). */
  readonly maxRel: number;
  /** The cosine of the angle between them as vectors. */
  readonly cosine: number;
}

/** A distance with the statistics that people look at. */
export interface Statistics extends Distance {
  /** The mean of |a - b|. */
  readonly meanAbs: number;
  /** The median of |a - b|. */
  readonly medianAbs: number;
  /** max (|a - b| - rtol · |a|): what `atol` would have to be; maxAbs where there is no rtol. */
  readonly neededAtol: number;
}

/**
 * What a comparison must reach: the cosine, and either max |a - b| as a part of the range or, where a caller
 * gives `elementwise`, |a - b| ≤ atol + rtol · |a| at each element. Every number must be finite.
 */
export interface Tolerance {
  /** What the model computes in, the lowest of it. */
  readonly precision: string;
  readonly maxRel: number;
  readonly minCosine: number;
  readonly elementwise?: { readonly atol: number; readonly rtol: number } | undefined;
}

/**
 * Tolerances by the lowest precision that a model computes in. float16 keeps 11 bits: that moves outputs
 * by 2e-4 to 1e-3 of their range, those of ResNets with 50 layers and stress weights by up to 3.6e-3.
 */
export const TOLERANCES = {
  float32: { precision: "float32", maxRel: 1e-4, minCosine: 0.99999 },
  float16: { precision: "float16", maxRel: 4e-3, minCosine: 0.9999 },
  /** float32 whose factors are rounded to the 11 bits of float16, on CUDA where TF32 is allowed. */
  tf32: { precision: "tf32", maxRel: 4e-3, minCosine: 0.9999 },
} as const satisfies Record<string, Tolerance>;

export type ToleranceName = keyof typeof TOLERANCES;

/** The distance of `actual` from `reference`. Not finite where either has a NaN, an infinity or another size. */
export function distance(reference: ArrayLike<number>, actual: ArrayLike<number>): Distance {
  if (reference.length !== actual.length || reference.length === 0) {
    return { maxAbs: Number.NaN, maxRel: Number.NaN, cosine: Number.NaN };
  }
  let maxAbs = 0;
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  let [dot, squareA, squareB] = [0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    const a = reference[i] as number;
    const b = actual[i] as number;
    // Math.max of a NaN is NaN, so that one bad number spoils the result.
    maxAbs = Math.max(maxAbs, Math.abs(a - b));
    low = Math.min(low, a);
    high = Math.max(high, a);
    dot += a * b;
    squareA += a * a;
    squareB += b * b;
  }
  const scale = high > low ? high - low : Math.abs(high);
  return { maxAbs, maxRel: maxAbs / scale, cosine: dot / Math.sqrt(squareA * squareB) };
}

/** The distance of `actual` from `reference` with its statistics. Not finite where `distance` is not. */
export function statistics(
  reference: ArrayLike<number>,
  actual: ArrayLike<number>,
  { elementwise }: Pick<Tolerance, "elementwise">,
): Statistics {
  const far = distance(reference, actual);
  if (!Number.isFinite(far.maxAbs)) {
    return { ...far, meanAbs: Number.NaN, medianAbs: Number.NaN, neededAtol: Number.NaN };
  }
  const rtol = elementwise?.rtol ?? 0;
  const differences = new Float64Array(reference.length);
  let sum = 0;
  let neededAtol = 0;
  for (let i = 0; i < reference.length; i++) {
    const a = reference[i] as number;
    const difference = Math.abs(a - (actual[i] as number));
    differences[i] = difference;
    sum += difference;
    neededAtol = Math.max(neededAtol, difference - rtol * Math.abs(a));
  }
  differences.sort();
  return {
    ...far,
    meanAbs: sum / differences.length,
    medianAbs: differences[differences.length >> 1] as number,
    neededAtol,
  };
}

/** Whether a distance is within a tolerance. NaN never is, and so neither is an output that is zero everywhere. */
export function withinTolerance(far: Distance & Partial<Statistics>, tolerance: Tolerance): boolean {
  const { maxRel, minCosine, elementwise } = tolerance;
  const near =
    elementwise === undefined ? far.maxRel <= maxRel : (far.neededAtol ?? Number.NaN) <= elementwise.atol;
  return near && far.cosine > minCosine;
}

/** A tolerance in words. */
export function toleranceText({ precision, maxRel, minCosine, elementwise }: Tolerance): string {
  const near =
    elementwise === undefined
      ? `max |Δ| up to ${maxRel} of the output's range`
      : `|Δ| up to ${elementwise.atol} + ${elementwise.rtol} · |reference| at each element`;
  return `${precision}: ${near}, cosine above ${minCosine}`;
}
