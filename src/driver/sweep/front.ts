import type { Goal } from "../../language/sweep/quantities.js";
import type { SweepRow } from "./row.js";

/** The variants that no other one beats in both numbers that are weighed, and the one where giving more of one stops to pay. */
export interface SweepFront {
  readonly across: Goal;
  readonly up: Goal;
  /** The ids, from the best one in `across` on; of variants with the same numbers the first of the sweep. */
  readonly ids: readonly string[];
  /** The one farthest from the straight line between the two ends, on the better side; null if none is on that side. */
  readonly knee: string | null;
}

/** A variant by the two numbers. */
export interface WeighedRow {
  readonly row: SweepRow;
  readonly x: number;
  readonly y: number;
}

/** The rows that have both numbers: those that keep to the constraints. */
export function weighedRows(
  rows: readonly SweepRow[],
  [across, up]: readonly [Goal, Goal],
): readonly WeighedRow[] {
  return rows.flatMap((row) => {
    if (row.status !== "ok") return [];
    const [x, y] = [numberOf(row, across), numberOf(row, up)];
    return x === undefined || y === undefined ? [] : [{ row, x, y }];
  });
}

function numberOf(row: SweepRow, { quantity }: Goal): number | undefined {
  return quantity === "medianMs" ? row.bench?.medianMs : row[quantity];
}

/**
 * The Pareto front and its knee.
 *
 * Source of the rule: Das, "On characterizing the 'knee' of the Pareto curve based on normal-boundary intersection", Structural
 * Optimization 18, 1999; both numbers as parts of the front's extent, of logarithms where
 * `isLogarithmic` says so.
 */
export function frontOf(rows: readonly SweepRow[], goals: readonly [Goal, Goal]): SweepFront {
  const [across, up] = goals;
  const cost = (value: number, { better }: Goal): number => (better === "least" ? value : -value);
  const points = weighedRows(rows, goals).toSorted(
    (a, b) =>
      cost(a.x, across) - cost(b.x, across) || cost(a.y, up) - cost(b.y, up) || a.row.index - b.row.index,
  );
  const front: WeighedRow[] = [];
  let best = Number.POSITIVE_INFINITY;
  for (const point of points) {
    if (cost(point.y, up) >= best) continue;
    best = cost(point.y, up);
    front.push(point);
  }
  return { across, up, ids: front.map(({ row }) => row.id), knee: kneeOf(front, goals)?.row.id ?? null };
}

function kneeOf(front: readonly WeighedRow[], [across, up]: readonly [Goal, Goal]): WeighedRow | undefined {
  if (front.length < 3) return undefined;
  const xs = costs(
    front.map(({ x }) => x),
    across,
  );
  const ys = costs(
    front.map(({ y }) => y),
    up,
  );
  // The ends are at (0, 1) and (1, 0): below their line is where x + y < 1.
  const gains = xs.map((x, i) => 1 - x - (ys[i] ?? 0));
  const most = gains.reduce((a, b) => Math.max(a, b), 0);
  return most > ROUNDING ? front[gains.findIndex((gain) => gain > most - ROUNDING)] : undefined;
}

const ROUNDING = 1e-9;

/** Numbers as parts of their extent, 0 the best and 1 the worst. */
function costs(values: readonly number[], { better }: Goal): readonly number[] {
  const scaled = isLogarithmic(values) ? values.map(Math.log) : values;
  const [least, greatest] = [Math.min(...scaled), Math.max(...scaled)];
  const [best, worst] = better === "least" ? [least, greatest] : [greatest, least];
  return scaled.map((value) => (best === worst ? 0 : (value - best) / (worst - best)));
}

/** Where the greatest number is more than this many times the least, ratios say more than differences. */
const LOGARITHMIC_FROM = 8;

/** Whether numbers are drawn and compared on a logarithmic scale. */
export function isLogarithmic(values: readonly number[]): boolean {
  const least = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const greatest = values.reduce((a, b) => Math.max(a, b), 0);
  return least > 0 && greatest > LOGARITHMIC_FROM * least;
}
