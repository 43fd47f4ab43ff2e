/** How alike two lists of numbers are. */
export interface Likeness {
  /** The cosine of the angle between them as vectors. */
  readonly cosine: number;
  /** √Σ(a - b)² / √Σa²: the length of the difference, as a part of the reference's. */
  readonly relativeError: number;
}

/**
 * Holds numbers against their reference, each counted as often as its weight says. Not finite where either has a NaN or an
 * infinity, or where the reference is zero everywhere.
 */
export function likeness(
  reference: ArrayLike<number>,
  actual: ArrayLike<number>,
  weights?: ArrayLike<number>,
): Likeness {
  if (reference.length !== actual.length) return { cosine: Number.NaN, relativeError: Number.NaN };
  let [dot, squareA, squareB, squareOff] = [0, 0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    const [a, b, weight] = [reference[i] as number, actual[i] as number, weights?.[i] ?? 1];
    dot += weight * a * b;
    squareA += weight * a * a;
    squareB += weight * b * b;
    squareOff += weight * (a - b) ** 2;
  }
  return { cosine: dot / Math.sqrt(squareA * squareB), relativeError: Math.sqrt(squareOff / squareA) };
}
