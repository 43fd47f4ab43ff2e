import leven from "leven";

/** The part of some classes that are the most probable ones of their rows [images, classes]. */
export function accuracy(rows: readonly ArrayLike<number>[], classes: readonly number[]): number {
  const right = rows.filter((row, i) => indexOfLargest(row, 0, row.length) === classes[i]);
  return right.length / rows.length;
}

/** What some pairs of maps have in common above a threshold: pixels in both, as a part of those in either, over all pairs. */
export function overlap(
  pairs: readonly (readonly [ArrayLike<number>, ArrayLike<number>])[],
  threshold: number,
): number {
  let [both, either] = [0, 0];
  for (const [a, b] of pairs) {
    for (let i = 0; i < a.length; i++) {
      const [inA, inB] = [(a[i] ?? 0) > threshold, (b[i] ?? 0) > threshold];
      if (inA && inB) both++;
      if (inA || inB) either++;
    }
  }
  return either === 0 ? 1 : both / either;
}

/**
 * The text of rows of probabilities [steps, characters] in which character 0 is none: the most probable of each step, those that
 * are repeated once.
 */
export function greedyText(probabilities: ArrayLike<number>, characters: readonly string[]): string {
  const size = characters.length + 1;
  let [text, last] = ["", 0];
  for (let start = 0; start < probabilities.length; start += size) {
    const best = indexOfLargest(probabilities, start, start + size) - start;
    if (best !== last && best > 0) text += characters[best - 1];
    last = best;
  }
  return text;
}

/** 1 - edits / characters over all texts, spaces left out: as many edits as make what was read the truth. */
export function characterAccuracy(read: readonly string[], truth: readonly string[]): number {
  const bare = (text: string): string => text.replaceAll(" ", "");
  const edits = truth.map((text, i) => leven(bare(text), bare(read[i] ?? "")));
  const characters = truth.map((text) => bare(text).length);
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return 1 - sum(edits) / sum(characters);
}

function indexOfLargest(values: ArrayLike<number>, from: number, to: number): number {
  let best = from;
  for (let i = from + 1; i < to; i++) if ((values[i] ?? 0) > (values[best] ?? 0)) best = i;
  return best;
}
