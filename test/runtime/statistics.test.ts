import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomStream } from "../../src/base/random.js";
import { median, pairedRatio, quantile, studentT } from "../../src/runtime/statistics.js";

const test = suite("runtime: statistics");
const near = (actual: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected}`);

test("quantiles interpolate, as numpy's do", () => {
  const values = [7, 1, 3, 5];
  assert.is(median(values), 4);
  assert.is(quantile(values, 0), 1);
  assert.is(quantile(values, 1), 7);
  near(quantile(values, 0.9), 6.4, 1e-12);
  assert.ok(Number.isNaN(median([])));
});

test("Student's quantiles are those of the published tables", () => {
  const table: Readonly<Record<number, number>> = {
    ...{ 1: 12.706, 4: 2.776, 10: 2.228, 11: 2.201, 15: 2.131, 20: 2.086, 30: 2.042, 60: 2, 120: 1.98 },
  };
  for (const [degrees, expected] of Object.entries(table)) near(studentT(Number(degrees)), expected, 1e-3);
});

test("a round that was slow for both models changes no ratio", () => {
  const first = [
    [10, 20, 10],
    [10, 10, 40],
  ];
  const half = first.map((process) => process.map((time) => time / 2));
  const { ratio, interval } = pairedRatio(half, first);
  near(ratio, 0.5, 1e-12);
  near(interval?.[0] ?? Number.NaN, 0.5, 1e-12);
  near(interval?.[1] ?? Number.NaN, 0.5, 1e-12);
  assert.equal(pairedRatio(first, first), { ratio: 1, interval: [1, 1] });
});

test("one process says nothing of how much processes differ", () => {
  assert.is(pairedRatio([[1, 2, 3]], [[1, 2, 3]]).interval, null);
});

test("the interval holds the true ratio in 95 of 100 repetitions, where processes differ more than rounds", () => {
  const stream = randomStream(0, "timings");
  const TRUE_RATIO = 0.8;
  const repetition = (): boolean => {
    const processes = Array.from({ length: 5 }, () => {
      const own = 0.03 * stream.normal();
      return Array.from({ length: 10 }, () => {
        const busy = Math.exp(0.3 * Math.abs(stream.normal()));
        const time = (of: number): number => of * busy * Math.exp(0.01 * stream.normal());
        return [time(100), time(100 * TRUE_RATIO * Math.exp(own))] as const;
      });
    });
    const pick = (i: 0 | 1) => processes.map((rounds) => rounds.map((times) => times[i]));
    const { interval } = pairedRatio(pick(1), pick(0));
    return interval !== null && interval[0] <= TRUE_RATIO && TRUE_RATIO <= interval[1];
  };
  let held = 0;
  for (let i = 0; i < 2000; i++) if (repetition()) held++;
  near(held / 2000, 0.95, 0.015);
});

test.run();
