/** How long runs took, in milliseconds. */
export interface Timing {
  readonly median: number;
  readonly fastest: number;
  readonly slowest: number;
}

/** How often each network is timed; the page's footer and the README say it. */
export const RUNS = 11;

/**
 * Times several jobs: in each round every one once, so that what slows the machine down slows all of them. They should
 * have run before. Between two jobs the page can draw.
 *
 * @param onRound called before each round, from 1; false ends it
 */
export async function timeInTurns(
  jobs: readonly (() => Promise<unknown>)[],
  onRound: (round: number) => boolean,
): Promise<readonly Timing[] | undefined> {
  const times = jobs.map((): number[] => []);
  for (let round = 1; round <= RUNS; round++) {
    if (!onRound(round)) return undefined;
    for (const [i, job] of jobs.entries()) {
      await nextTask();
      const start = performance.now();
      await job();
      times[i]?.push(performance.now() - start);
    }
  }
  return times.map(summary);
}

/** The page can draw, and answers its user, before the next task. */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}

function summary(times: readonly number[]): Timing {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  return { median: at((sorted.length - 1) / 2), fastest: at(0), slowest: at(sorted.length - 1) };
}
