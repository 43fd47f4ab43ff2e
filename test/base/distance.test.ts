import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distance, likeness } from "../../src/base/distance.js";

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
    [[1, 2], [1]],
    [[], []],
  ] as const) {
    assert.not(Number.isFinite(likeness(a, b).relativeError));
    assert.not(Number.isFinite(likeness(a, b).cosine));
  }
  assert.equal(likeness([0, 0], [1, 1]), { cosine: 0, relativeError: Number.POSITIVE_INFINITY });
});

test("zeros are alike, and unlike everything else", () => {
  assert.equal(likeness([0, 0], [0, 0]), { cosine: 1, relativeError: 0 });
  assert.equal(distance([0, 0], [0, 0]), { maxAbs: 0, maxRel: 0, cosine: 1 });
  assert.is(distance([0, 0], [1, 1]).cosine, 0);
});

test.run();
