import { suite } from "uvu";
import * as assert from "uvu/assert";
import { activationOps } from "../../src/ir/ops/activations.js";
import { elementwise } from "../../src/ir/ops/elementwise.js";
import { inexact } from "../../src/ir/ops/unary.js";

const test = suite("ir: functions of single elements");

const NUMBERS = Float64Array.of(
  ...[0, -0, 1, -1, 0.5, -0.5, 3, -3, 2.9999, 6, 1e-300, 88, -88, 710, -710, 1e30, -1e30],
  ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 1 / 3, -Math.PI],
);

for (const [name, op] of Object.entries({ ...activationOps, ...elementwise })) {
  if (!("apply" in op)) continue;
  test(`${name} of a tensor is that of each of its numbers`, () => {
    const { dims, data } = op.evaluate({ x: { dims: [2, 11], data: NUMBERS } }, {});
    assert.equal(dims, [2, 11]);
    assert.equal([...data], Array.from(NUMBERS, op.apply));
  });
}

test("an inexact result is half a step beside the exact one, up and down by turns", () => {
  const step = 2 ** -24;
  const sides = [0.25, 1.25, 2.25, 3.25, -0.75, -1.75].map((steps) => {
    const exact = steps * step;
    return (inexact(exact, 1) - exact) / step;
  });
  assert.equal(sides, [0.5, -0.5, 0.5, -0.5, -0.5, 0.5]);
  for (const whole of [0, 1, -3]) assert.is(inexact(whole * step, 1), whole * step);
  for (const number of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    assert.is(inexact(number, 1), number);
  assert.is(Number.isNaN(inexact(Number.NaN, 1)), true);
  assert.is(inexact(0, 0), 0);
});

test.run();
