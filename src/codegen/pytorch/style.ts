import { isDeepStrictEqual } from "node:util";
import type { LayerDefaults } from "../../language/resolved-part.js";
import type { Literal } from "./python.js";

/** What Python's `Style` has: the same for most blocks of a network. */
export type StyleWords = {
  readonly act: string;
  readonly padding: string;
  readonly start: string;
  readonly epsilon: number;
  readonly momentum: number;
};

export function styleOf({ activation, padding, initialization, norm }: LayerDefaults): StyleWords {
  const { epsilon, momentum } = norm;
  return { act: activation, padding, start: initialization, epsilon, momentum };
}

/** The style that most parts have, the first of those that are as frequent. */
export function commonStyle(styles: readonly StyleWords[]): StyleWords {
  const counts = styles.map((style) => styles.filter((other) => isDeepStrictEqual(style, other)).length);
  return styles[counts.indexOf(Math.max(...counts))] as StyleWords;
}

/** What a style has otherwise than the common one; undefined for nothing. */
export function styleChanges(style: StyleWords, common: StyleWords): Literal {
  const changed = Object.entries(style).filter(([word, value]) => common[word as keyof StyleWords] !== value);
  return changed.length === 0 ? undefined : Object.fromEntries(changed);
}
