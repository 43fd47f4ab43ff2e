/** The indexes into two lists that are paired; undefined where one of them has nothing to pair with. */
export type IndexPair = readonly [a: number | undefined, b: number | undefined];

/** What a pair costs, and what it costs to leave one element alone. */
export interface AlignmentCosts<T> {
  pair(a: T, b: T): number;
  readonly alone: number;
}

/**
 * The cheapest pairing of two lists that keeps the order of both: Needleman and Wunsch's alignment in the linear memory of
 * Hirschberg (Communications of the ACM 18(6), 1975). Time is the product of the lengths, after what both begin and end
 * with for nothing has been taken off.
 */
export function align<T>(a: readonly T[], b: readonly T[], costs: AlignmentCosts<T>): readonly IndexPair[] {
  let start = 0;
  const shorter = Math.min(a.length, b.length);
  const isFree = (i: number, j: number): boolean => costs.pair(a[i] as T, b[j] as T) === 0;
  while (start < shorter && isFree(start, start)) start++;
  let end = 0;
  while (end < shorter - start && isFree(a.length - 1 - end, b.length - 1 - end)) end++;
  const same = (from: number, toA: number, toB: number, count: number): IndexPair[] =>
    Array.from({ length: count }, (_, i): IndexPair => [from + i + toA, from + i + toB]);
  return [
    ...same(0, 0, 0, start),
    ...between({ a, b, costs }, [start, a.length - end], [start, b.length - end]),
    ...same(0, a.length - end, b.length - end, end),
  ];
}

interface Problem<T> {
  readonly a: readonly T[];
  readonly b: readonly T[];
  readonly costs: AlignmentCosts<T>;
}

type Range = readonly [start: number, end: number];

function between<T>(problem: Problem<T>, [a0, a1]: Range, [b0, b1]: Range): readonly IndexPair[] {
  const only = (length: number, pair: (i: number) => IndexPair): IndexPair[] =>
    Array.from({ length }, (_, i) => pair(i));
  if (a0 === a1) return only(b1 - b0, (i) => [undefined, b0 + i]);
  if (b0 === b1) return only(a1 - a0, (i) => [a0 + i, undefined]);
  if (a1 - a0 === 1) return pairOne(problem, a0, [b0, b1]);
  const middle = (a0 + a1) >> 1;
  const upper = lastRow(problem, [a0, middle], [b0, b1], false);
  const lower = lastRow(problem, [middle, a1], [b0, b1], true);
  let cut = 0;
  const costAt = (i: number): number => (upper[i] as number) + (lower[b1 - b0 - i] as number);
  for (let i = 1; i <= b1 - b0; i++) if (costAt(i) < costAt(cut)) cut = i;
  return [
    ...between(problem, [a0, middle], [b0, b0 + cut]),
    ...between(problem, [middle, a1], [b0 + cut, b1]),
  ];
}

/** One element of a where it costs least in b. */
function pairOne<T>({ a, b, costs }: Problem<T>, i: number, [b0, b1]: Range): readonly IndexPair[] {
  let best: number | undefined;
  let least = 2 * costs.alone;
  for (let j = b0; j < b1; j++) {
    const cost = costs.pair(a[i] as T, b[j] as T);
    if (cost < least || (cost === least && best === undefined)) [best, least] = [j, cost];
  }
  const rest = Array.from(
    { length: b1 - b0 },
    (_, j): IndexPair => [b0 + j === best ? i : undefined, b0 + j],
  );
  return best === undefined ? [[i, undefined], ...rest] : rest;
}

/** The costs of a part of a against all beginnings of a part of b, or, from the back, all ends. */
function lastRow<T>(
  { a, b, costs }: Problem<T>,
  [a0, a1]: Range,
  [b0, b1]: Range,
  fromBack: boolean,
): Float64Array {
  const width = b1 - b0;
  let row = Float64Array.from({ length: width + 1 }, (_, j) => j * costs.alone);
  for (let i = 0; i < a1 - a0; i++) {
    const next = new Float64Array(width + 1);
    next[0] = (i + 1) * costs.alone;
    const x = a[fromBack ? a1 - 1 - i : a0 + i] as T;
    for (let j = 1; j <= width; j++) {
      const y = b[fromBack ? b1 - j : b0 + j - 1] as T;
      const paired = (row[j - 1] as number) + costs.pair(x, y);
      const alone = Math.min(row[j] as number, next[j - 1] as number) + costs.alone;
      next[j] = Math.min(paired, alone);
    }
    row = next;
  }
  return row;
}
