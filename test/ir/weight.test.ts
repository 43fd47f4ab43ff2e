import { isDeepStrictEqual } from "node:util";
import * as fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  binaryWeight,
  constantWeight,
  normalWeight,
  reshapeWeight,
  sqrtWeight,
  storedLeaves,
  type WeightExpr,
} from "../../src/ir/weight.js";
import { materialize } from "../../src/weights/values/materialize.js";
import { throwsError } from "../throws.js";
import { stored, weightOf } from "./random-graph.js";

const test = suite("ir: weight expressions");

test("one operand of a binary expression may be a scalar or a vector over the first axis", () => {
  const weight = normalWeight([4, 3], 1, "w");
  for (const other of [constantWeight([], 2), constantWeight([4], 2), constantWeight([4, 3], 2)]) {
    assert.equal(binaryWeight("mul", weight, other).dims, [4, 3]);
    assert.equal(binaryWeight("mul", other, weight).dims, [4, 3]);
  }
  for (const other of [constantWeight([3], 2), constantWeight([3, 4], 2), constantWeight([4, 1], 2)]) {
    throwsError(
      () => binaryWeight("mul", weight, other),
      RangeError,
      new RegExp(`^mul of weights \\[4,3\\] and \\[${other.dims}\\]$`),
    );
  }
});

test("reshaping keeps the elements and their order, for every kind of expression", () => {
  fc.assert(
    fc.property(weightOf([4, 6]), fc.constantFrom([4, 6, 1], [4, 2, 3], [4, 3, 1, 2]), (weight, dims) => {
      const reshaped = reshapeWeight(weight, dims);
      assert.equal(reshaped?.dims, dims);
      // Random expressions make NaN and -0 too, which uvu's `equal` takes for unequal to themselves.
      assert.ok(isDeepStrictEqual(materialize(reshaped as WeightExpr, 7), materialize(weight, 7)));
    }),
  );
});

test("stored numbers are reshaped too", () => {
  const weight = stored("w", [2, 3]);
  const reshaped = reshapeWeight(weight, [6]) as WeightExpr;
  assert.equal(reshaped.dims, [6]);
  assert.equal(materialize(reshaped, 0), materialize(weight, 0));
});

test("a vector over the first axis can't follow when that axis changes", () => {
  const scaled = binaryWeight("mul", normalWeight([4, 6], 1, "w"), constantWeight([4], 2));
  assert.is(reshapeWeight(scaled, [24]), undefined);
  assert.is(reshapeWeight(sqrtWeight(scaled), [24]), undefined);
  assert.is(reshapeWeight(binaryWeight("add", scaled, constantWeight([], 1)), [6, 4]), undefined);
  assert.equal(
    reshapeWeight(binaryWeight("mul", normalWeight([4, 6], 1, "w"), constantWeight([], 2)), [24]),
    binaryWeight("mul", normalWeight([24], 1, "w"), constantWeight([], 2)),
  );
});

test("another number of elements is a mistake of the caller", () => {
  throwsError(() => reshapeWeight(constantWeight([4], 1), [5]), RangeError, /^a weight of \[4\] as \[5\]$/);
});

test("the stored data of an expression is found at any depth", () => {
  const weight = binaryWeight(
    "add",
    sqrtWeight(stored("a", [2])),
    binaryWeight("mul", stored("b", [2]), stored("c", [])),
  );
  assert.equal(
    [...storedLeaves(weight)].map(([label]) => label),
    ["a", "b", "c"],
  );
});

test.run();
