/** How far two tensors of the same size are from each other. The same infinity, and NaN, at the same place are equal. */
export interface Distance {
  /** max |a - b| */
  readonly maxAbs: number;
  /** maxAbs as a fraction of the reference's range, max - min (of its largest absolute value if it is constant). */
  readonly maxRel: number;
  /** The cosine of the angle between them as vectors. */
  readonly cosine: number;
}

/** The distance of `actual` from `reference`. Not finite where one is not finite and the other another number, or of another size. */
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
    if (sameNonFinite(a, b)) continue;
    // Math.max of a NaN is NaN, so that one bad number spoils the result.
    maxAbs = Math.max(maxAbs, Math.abs(a - b));
    low = Math.min(low, a);
    high = Math.max(high, a);
    dot += a * b;
    squareA += a * a;
    squareB += b * b;
  }
  const scale = high > low ? high - low : Math.abs(high);
  const maxRel = maxAbs === 0 ? 0 : maxAbs / scale;
  return { maxAbs, maxRel, cosine: cosineOf(dot, squareA, squareB) };
}

/** How alike two lists of numbers are. */
export interface Likeness {
  /** The cosine of the angle between them as vectors. */
  readonly cosine: number;
  /** √Σ(a - b)² / √Σa²: the length of the difference, as a part of the reference's. */
  readonly relativeError: number;
}

/**
 * Compares numbers with their reference, each counted as often as its weight says. Not finite where either has a NaN or an
 * infinity; the error neither where the reference alone is zero everywhere.
 */
export function likeness(
  reference: ArrayLike<number>,
  actual: ArrayLike<number>,
  weights?: ArrayLike<number>,
): Likeness {
  if (reference.length !== actual.length || reference.length === 0) {
    return { cosine: Number.NaN, relativeError: Number.NaN };
  }
  let [dot, squareA, squareB, squareOff] = [0, 0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    const [a, b, weight] = [reference[i] as number, actual[i] as number, weights?.[i] ?? 1];
    dot += weight * a * b;
    squareA += weight * a * a;
    squareB += weight * b * b;
    squareOff += weight * (a - b) ** 2;
  }
  return {
    cosine: cosineOf(dot, squareA, squareB),
    relativeError: squareOff === 0 ? 0 : Math.sqrt(squareOff / squareA),
  };
}

/** Σab / √(Σa² Σb²): 1 for two that are zero everywhere, 0 for one. */
export function cosineOf(dot: number, squareA: number, squareB: number): number {
  const product = squareA * squareB;
  // The product of two very large or very small sums is out of range where their roots' is not.
  const norms =
    product > 0 && product < Infinity ? Math.sqrt(product) : Math.sqrt(squareA) * Math.sqrt(squareB);
  return norms === 0 ? Number(squareA === squareB) : dot / norms;
}

/** max |a - b| where both are finite; infinite where one only is. */
export function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    const difference = Object.is(x, y) ? 0 : Math.abs(x - y);
    most = Math.max(most, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return most;
}

/** Whether two numbers are the same infinity, or both NaN. */
export function sameNonFinite(a: number, b: number): boolean {
  return !Number.isFinite(a) && Object.is(a, b);
}
