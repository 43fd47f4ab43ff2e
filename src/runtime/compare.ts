/** How far two tensors of the same size are from each other. */
export interface Distance {
  /** max |a - b| */
  readonly maxAbs: number;
  /** maxAbs as a part of the reference's range, max - min (of its largest size where it is constant). */
  readonly maxRel: number;
  /** The cosine of the angle between them as vectors. */
  readonly cosine: number;
}

/** What a comparison must reach. Both must hold, and every number must be finite. */
export interface Tolerance {
  readonly maxRel: number;
  readonly minCosine: number;
}

/**
 * Tolerances by the lowest precision that a model computes in. float16 keeps 11 bits: that moves outputs
 * by 2e-4 to 1e-3 of their range, those of ResNets with 50 layers and stress weights by up to 3.6e-3.
 */
export const TOLERANCES = {
  float32: { maxRel: 1e-4, minCosine: 0.99999 },
  float16: { maxRel: 4e-3, minCosine: 0.9999 },
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

/** Whether a distance is within a tolerance. NaN never is, and so neither is an output that is zero everywhere. */
export function withinTolerance({ maxRel, cosine }: Distance, tolerance: Tolerance): boolean {
  return maxRel <= tolerance.maxRel && cosine > tolerance.minCosine;
}
