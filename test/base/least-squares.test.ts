import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LeastSquares } from "../../src/base/least-squares.js";
import { randomStream } from "../../src/base/random.js";
import { throwsError } from "../throws.js";

const test = suite("base: least squares");

const ROWS = [
  [1, 2, 0.5],
  [0, 1, -1],
  [2, -1, 3],
  [1, 1, 1],
  [4, 0, -2],
];
const TARGETS = [1, -2, 3, 0.5, 2];
const WEIGHTS = [1, 2, 0.5, 3, 1];
const NUMPYS = [0.7543997710688227, -0.5584489912719992, 0.5753326656173986];

function near(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.is(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    const far = Math.abs((actual[i] as number) - (expected[i] as number));
    assert.ok(far <= tolerance, `${actual[i]} at ${i}, expected ${expected[i]}`);
  }
}

test("is NumPy's: lstsq(A * sqrt(w)[:, None], b * sqrt(w))", () => {
  const system = new LeastSquares(3);
  ROWS.forEach((row, i) => {
    system.add(row, TARGETS[i] as number, WEIGHTS[i]);
  });
  near(system.solve(), NUMPYS, 1e-12);
});

test("finds the numbers that the targets were made of, for as many unknowns as the largest kernel has weights", () => {
  const stream = randomStream(0, "least squares");
  const truth = Array.from({ length: 63 }, () => stream.normal());
  const system = new LeastSquares(truth.length);
  for (let i = 0; i < 200; i++) {
    const row = truth.map(() => stream.normal());
    const target = row.reduce((sum, value, j) => sum + value * (truth[j] as number), 0);
    system.add(row, target, 1e-6 * (1 + stream.normal() ** 2));
  }
  near(system.solve(), truth, 1e-9);
});

test("the shortest of all solutions, nearly, where rows leave a direction open", () => {
  const system = new LeastSquares(2);
  for (const size of [1, 2, 5]) system.add([size, size], 6 * size);
  near(system.solve(), [3, 3], 1e-6);
});

test("a direction of which the rows say nothing stays zero; without rows all do", () => {
  const system = new LeastSquares(3);
  near(system.solve(), [0, 0, 0], 0);
  system.add([0, 2, 0], 8);
  near(system.solve(), [0, 4, 0], 1e-6);
});

test("numbers that are not finite are refused, not solved", () => {
  for (const [value, target] of [
    [Number.NaN, 1],
    [Number.POSITIVE_INFINITY, 1],
    [1, Number.NaN],
  ] as const) {
    const system = new LeastSquares(1);
    system.add([value], target);
    throwsError(() => system.solve(), RangeError, /not finite/);
  }
});

test.run();
