/** A class and how probable the model holds it. */
export interface RankedClass<Label extends string = string> {
  readonly index: number;
  readonly label?: Label;
  readonly probability: number;
}

/** How far the sum of a row may be from 1 if its numbers are to be probabilities: float16 rounds that much. */
const SUM_TOLERANCE = 2e-3;

/**
 * The most probable classes of each row of [images, classes], by the softmax of its numbers; numbers that are
 * probabilities already (none below 0, their sum 1) are taken as they are. Of equal ones the first comes first. None
 * for a row that has a NaN or an infinity.
 *
 * @param count how many for each row
 */
export function topClasses<Label extends string>(
  data: Float32Array | Float64Array,
  classes: number,
  labels: readonly Label[] | undefined,
  count = 5,
): readonly (readonly RankedClass<Label>[])[] {
  return Array.from({ length: data.length / classes }, (_, image) => {
    const row = Float64Array.from(data.subarray(image * classes, (image + 1) * classes));
    if (!row.every(Number.isFinite)) return [];
    const probabilities = isDistribution(row) ? row : softmax(row);
    return Array.from(row.keys())
      .sort((a, b) => (probabilities[b] as number) - (probabilities[a] as number) || a - b)
      .slice(0, count)
      .map((index): RankedClass<Label> => {
        const label = labels?.[index];
        const probability = probabilities[index] as number;
        return label === undefined ? { index, probability } : { index, label, probability };
      });
  });
}

function isDistribution(row: Float64Array): boolean {
  return row.every((each) => each >= 0) && Math.abs(row.reduce((a, b) => a + b, 0) - 1) <= SUM_TOLERANCE;
}

/** exp(x - max) / Σ exp(x - max) */
function softmax(row: Float64Array): Float64Array {
  const max = row.reduce((a, b) => Math.max(a, b));
  const exponentials = Float64Array.from(row, (each) => Math.exp(each - max));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials.map((each) => each / sum);
}
