import { suite } from "uvu";
import * as assert from "uvu/assert";
import { likeness } from "../../src/base/likeness.js";

const test = suite("base: likeness");

test("cosine and relative error", () => {
  assert.equal(likeness([3, 4], [3, 4]), { cosine: 1, relativeError: 0 });
  assert.equal(likeness([3, 4], [6, 8]), { cosine: 1, relativeError: 1 });
  assert.equal(likeness([3, 4], [4, -3]), { cosine: 0, relativeError: Math.SQRT2 });
  assert.equal(likeness([3, 4], [0, 0]).relativeError, 1);
});

test("a weight counts as so many copies", () => {
  assert.equal(likeness([1, 2], [2, 5], [1, 3]), likeness([1, 2, 2, 2], [2, 5, 5, 5]));
});

test("nothing good is said of what can't be compared", () => {
  for (const [a, b] of [
    [[1], [Number.NaN]],
    [
      [0, 0],
      [1, 1],
    ],
    [[1, 2], [1]],
    [[], []],
  ] as const) {
    assert.not(Number.isFinite(likeness(a, b).relativeError));
    assert.not(Number.isFinite(likeness(a, b).cosine));
  }
});

test.run();
