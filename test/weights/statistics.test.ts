import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distanceOf, statisticsOf } from "../../src/weights/values/statistics.js";

const test = suite("weights: statistics");

/** Numbers at hand, lent piece by piece. */
function lend(numbers: readonly number[]) {
  return {
    length: numbers.length,
    copyTo(target: Float64Array, start: number): void {
      target.set(numbers.slice(start, start + target.length));
    },
  };
}

test("minimum, maximum, mean and standard deviation, by hand", () => {
  assert.equal(statisticsOf(lend([1, 2, 3, 6])), {
    min: 1,
    max: 6,
    mean: 3,
    std: Math.sqrt(3.5),
    nonFinite: 0,
  });
  assert.equal(statisticsOf(lend([-4])), { min: -4, max: -4, mean: -4, std: 0, nonFinite: 0 });
});

test("a large mean takes nothing from a small deviation, over many pieces", () => {
  const numbers = Array.from({ length: 100_000 }, (_, i) => 1e9 + (i % 2));
  const { mean, std } = statisticsOf(lend(numbers)) ?? { mean: 0, std: 0 };
  assert.ok(Math.abs(mean - (1e9 + 0.5)) < 1e-6);
  assert.ok(Math.abs(std - 0.5) < 1e-9, `${std}`);
});

test("numbers that are not finite are counted and left out", () => {
  const found = statisticsOf(lend([Number.NaN, 1, Infinity, 3, -Infinity]));
  assert.equal(found, { min: 1, max: 3, mean: 2, std: 1, nonFinite: 3 });
  assert.is(statisticsOf(lend([Number.NaN])), undefined);
  assert.is(statisticsOf(lend([])), undefined);
});

test("the distance of two tensors", () => {
  const distance = (a: number[], b: number[]) => distanceOf(lend(a), lend(b));
  assert.equal(distance([3, 4], [3, 4]), { maxAbs: 0, cosine: 1 });
  assert.equal(distance([3, 0], [0, -4]), { maxAbs: 4, cosine: 0 });
  assert.equal(distance([1, 2], [-1, -2]).cosine.toFixed(12), "-1.000000000000");
  assert.equal(distance([0, 0], [0, 0]), { maxAbs: 0, cosine: 1 });
  assert.equal(distance([0, 0], [0, 1]), { maxAbs: 1, cosine: 0 });
  assert.ok(Number.isNaN(distance([Number.NaN, 9], [1, 1]).maxAbs));
  assert.is(distance([Number.NaN, 1], [Number.NaN, 3]).maxAbs, 2);
  assert.is(distance([Infinity], [Infinity]).maxAbs, 0);
  assert.is(distance([Infinity], [1]).maxAbs, Infinity);
});

test.run();
