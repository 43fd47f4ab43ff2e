/**
 * Statistics of timings. Runs within one process share its memory layout and its clock's state, so they are more
 * alike than runs of two processes: what a repetition would give is told by the differences between processes
 * (Kalibera and Jones, Rigorous Benchmarking in Reasonable Time, ISMM 2013).
 */

/** The value below which a part of the values lies, interpolated between the nearest two. NaN for no values. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = part * (sorted.length - 1);
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** A ratio, and where it is to be expected in 95 of 100 repetitions. */
export interface Ratio {
  readonly ratio: number;
  /** Null where one process alone was run: nothing then tells how much processes differ. */
  readonly interval: readonly [low: number, high: number] | null;
}

/**
 * How the times of a model relate to those of the first one. Both lists have the times of each process, in the
 * order of its rounds. Of each process counts the median over its rounds of the two times' ratio: what slows a
 * round slows both. Over the processes: geometric mean, and Student's interval of 95 % of the logarithms.
 */
export function pairedRatio(
  times: readonly (readonly number[])[],
  first: readonly (readonly number[])[],
): Ratio {
  const logs = times.map((rounds, p) =>
    median(rounds.map((time, i) => Math.log(time / (first[p]?.[i] ?? Number.NaN)))),
  );
  const n = logs.length;
  const mean = logs.reduce((sum, log) => sum + log, 0) / n;
  const ratio = Math.exp(mean);
  if (n < 2) return { ratio, interval: null };
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (n - 1);
  const half = studentT(n - 1) * Math.sqrt(variance / n);
  return { ratio, interval: [Math.exp(mean - half), Math.exp(mean + half)] };
}

/** The 0.975 quantiles of Student's t for 1, 2, ... degrees of freedom. */
const STUDENT_T = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228] as const;

/**
 * The 0.975 quantile of Student's t. Beyond the table by the first terms of its expansion around the normal
 * quantile (Abramowitz and Stegun 26.7.5), which is right to three decimals there.
 */
export function studentT(degrees: number): number {
  const z = 1.959964;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  const expansion = terms.reduce((sum, term, i) => sum + term / degrees ** (i + 1), z);
  return STUDENT_T[degrees - 1] ?? expansion;
}
