import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distance, TOLERANCES, withinTolerance } from "../../src/runtime/compare.js";

const test = suite("runtime: compare");
const reference = [1, -2, 3, 0.5];
const holds = (actual: readonly number[], expected: readonly number[] = reference): boolean =>
  withinTolerance(distance(expected, actual), TOLERANCES.float32);

test("equal tensors are equal", () => {
  assert.equal(distance(reference, reference), { maxAbs: 0, maxRel: 0, cosine: 1 });
  assert.ok(holds(reference));
});

test("distances are relative to the reference's range", () => {
  const { maxAbs, maxRel } = distance(reference, [1, -2, 3, 0.75]);
  assert.is(maxAbs, 0.25);
  assert.is(maxRel, 0.05);
});

test("a difference of 1e-4 of the range is the limit", () => {
  assert.ok(holds([1, -2, 3, 0.5 + 4.9e-4]));
  assert.not(holds([1, -2, 3, 0.5 + 5.1e-4]));
});

test("what can't be compared never holds", () => {
  assert.not(holds([]), "nothing");
  assert.not(holds([1, -2, 3]), "another size");
  assert.not(holds([1, -2, 3, Number.NaN]), "NaN");
  assert.not(holds([1, -2, 3, Number.POSITIVE_INFINITY]), "infinity");
  assert.not(holds([Number.NaN, -2, 3, 0.5]), "a NaN at the start");
  assert.not(holds([0, 0, 0, 0]), "zeros");
  assert.not(holds([0, 0, 0, 0], [0, 0, 0, 0]), "zeros against zeros");
  assert.not(holds([-1, 2, -3, -0.5]), "the opposite");
});

test("a constant reference is measured by its size", () => {
  assert.ok(holds([2.00001], [2]));
  assert.not(holds([2.001], [2]));
});

test.run();
