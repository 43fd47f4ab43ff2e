import type { Variant } from "../subject.js";

/** What the page says of a variant's weights, and whether its classes mean what they say. */
export interface WeightsNote {
  /** Whether all weights are from a file that was made for this very variant. */
  readonly trained: boolean;
  readonly text: string;
}

/** Weights that were not trained together give classes that mean little, which a reader of the page has to know. */
export function weightsNote({ weights: { file, seed, initial, dropped } }: Variant): WeightsNote {
  if (file === undefined) {
    return {
      trained: false,
      text: `Not trained: the initial weights of seed ${seed}. Its classes mean nothing.`,
    };
  }
  if (initial > 0) {
    return {
      trained: false,
      text: `Weights of ${file}, and ${tensors(initial)} of new gates that nobody trained. Its classes mean little.`,
    };
  }
  if (dropped > 0) {
    return {
      trained: false,
      text: `Weights of ${file}, which were trained with gates that are not here. Its classes mean little.`,
    };
  }
  return { trained: true, text: `Weights of ${file}.` };
}

function tensors(count: number): string {
  return count === 1 ? "1 tensor" : `${count} tensors`;
}
