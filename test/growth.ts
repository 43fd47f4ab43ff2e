import * as assert from "uvu/assert";

/** Runs of each size; the median of their times is taken. */
const RUNS = 5;

/** What twice the work may take of the time of the work: 2 where it grows with the size, 4 with its square. */
const MOST = 3;

/**
 * The time that something takes grows no faster than its size. `prepare` makes what is measured for a size; results are
 * in processor time, which doesn't depend on what else the machine is doing.
 */
export function assertGrowsWithSize(size: number, prepare: (size: number) => () => void): void {
  const [once, twice] = [prepare(size), prepare(2 * size)];
  for (const run of [once, twice]) run();
  const times = Array.from({ length: RUNS }, () => [processorTime(once), processorTime(twice)] as const);
  const [short, long] = [median(times.map(([time]) => time)), median(times.map(([, time]) => time))];
  assert.ok(
    long <= MOST * short,
    `twice the size takes ${(long / short).toFixed(1)} times as long: ${short} and ${long} ms`,
  );
}

/** In milliseconds. */
function processorTime(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}
