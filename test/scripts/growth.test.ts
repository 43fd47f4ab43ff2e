import { suite } from "uvu";
import * as assert from "uvu/assert";
import { assertGrowsWithSize } from "../growth.js";
import { throwsError } from "../throws.js";

const test = suite("how time grows with size");

/** Adds up, for as many steps as it is told. */
function spend(steps: number): void {
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += Math.sqrt(i);
  assert.ok(sum > 0);
}

test("work in proportion passes, work that grows with the square does not", () => {
  assertGrowsWithSize(5_000_000, (size) => () => spend(size));
  const square = () => assertGrowsWithSize(3000, (size) => () => spend(size * size));
  throwsError(square, Error, /twice the size takes [3-5]\.\d times as long/);
});

test.run();
