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
    for (const [i, x] of NUMBERS.entries()) assertNear(data[i] as number, op.apply(x), x);
  });
}

/** Loops over millions of numbers may differ from the definition in the last bits: erf is known to about 1e-15. */
function assertNear(actual: number, expected: number, x: number): void {
  if (Object.is(actual, expected) || actual === expected) return;
  const size = Math.max(Math.abs(expected), Math.abs(x));
  assert.ok(Math.abs(actual - expected) <= 2e-15 * size, `of ${x}: ${actual}, not ${expected}`);
}

const DENSE = Float64Array.from({ length: 40_001 }, (_, i) => (i - 20_000) / 1500);

test("the loops of sigmoids, SiLU, GELU and erf have the numbers of their definitions at all sizes", () => {
  const { sigmoid, silu, gelu } = activationOps;
  for (const op of [sigmoid, silu, gelu, elementwise.erf]) {
    const { data } = op.evaluate({ x: { dims: [DENSE.length], data: DENSE } }, {});
    for (const [i, x] of DENSE.entries()) assertNear(data[i] as number, op.apply(x), x);
  }
});

test("a sigmoid of float64 keeps its digits where it is small", () => {
  const { data } = activationOps.sigmoid.evaluate({ x: { dims: [DENSE.length], data: DENSE } }, {});
  for (const [i, x] of DENSE.entries()) {
    const exact = 1 / (1 + Math.exp(-x));
    assert.ok(Math.abs((data[i] as number) - exact) <= 4 * 2 ** -52 * exact, `of ${x}`);
  }
});

test("a loop of float32 has the numbers of its definition, in blocks and at their ends", () => {
  const x = Float32Array.from({ length: 5000 }, (_, i) => (i - 2500) / 300);
  const { data } = activationOps.relu.evaluate({ x: { dims: [x.length], data: x } }, {});
  assert.ok(data instanceof Float32Array);
  assert.equal(
    [...data],
    [...x].map((each) => Math.max(each, 0)),
  );
});

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
