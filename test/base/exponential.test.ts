import { suite } from "uvu";
import * as assert from "uvu/assert";
import { exponential } from "../../src/base/exponential.js";
import { randomStream } from "../../src/base/random.js";

const test = suite("base: the exponential function");

/** Bits behind the point of numbers of exact arithmetic. */
const BITS = 1200n;
const ONE = 1n << BITS;

/** A number of float64 in exact arithmetic; its last bit must not be below 2^-1200. */
function exactly(x: number): bigint {
  let [whole, power] = [x, 0n];
  for (; !Number.isInteger(whole); whole *= 2) power++;
  return (BigInt(whole) << BITS) >> power;
}

/** exp(x) · 2^1200: that of x / 2^10 by its series, squared ten times. */
function exactExponential(x: number): bigint {
  const part = exactly(x) >> 10n;
  let [sum, term] = [ONE, ONE];
  for (let n = 1n; term !== 0n; n++) {
    term = (term * part) / (n * ONE);
    sum += term;
  }
  for (let i = 0; i < 10; i++) sum = (sum * sum) >> BITS;
  return sum;
}

/** The distance of a result from the exact one, in units of the last place. */
function unitsOff(result: number, exact: bigint): number {
  const unit = exactly(2 ** (Math.floor(Math.log2(result)) - 52));
  const off = exactly(result) - exact;
  return Number((1000n * (off < 0n ? -off : off)) / unit) / 1000;
}

test("it is off by less than a unit in the last place and a half, near and far from zero", () => {
  const stream = randomStream(7, "exponential");
  const numbers = [0, 1, -1, 2 ** -30, Math.LN2 / 2, ...[1, 8, 60, 600].flatMap(around)];
  function around(size: number): number[] {
    return Array.from({ length: 400 }, () => stream.uniform(-size, Math.min(size, 60)));
  }
  const most = Math.max(
    ...numbers.map((x) => unitsOff(exponential(x), exactExponential(x))).filter(Number.isFinite),
  );
  assert.ok(most < 1.5, `${most} units`);
  assert.ok(most > 0.3, "the measure tells a rounded result from an exact one");
});

test("beyond the range of its tables it is the engine's", () => {
  for (const x of [701, 710, -701, -745, -746, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    assert.is(exponential(x), Math.exp(x));
  assert.is(Number.isNaN(exponential(Number.NaN)), true);
  assert.is(exponential(0), 1);
});

test.run();
