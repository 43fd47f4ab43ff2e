import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type RandomStream, randomStream } from "../../src/base/random.js";
import { erfOf } from "../../src/ir/ops/error-function.js";

const test = suite("base: random streams");

const GOLDEN_NORMALS = [-0.8605864373987508, 0.011773926224460093, -0.11137972079238688, 0.965527842324717];
const GOLDEN_UNIFORMS = [1.0189622294803042, 1.7785014310161582, -0.25517890015946243];

const COUNT = 200_000;

function normals(name: string, count = COUNT): Float64Array {
  const numbers = new Float64Array(count);
  randomStream(7, name).fillNormal(numbers, 1);
  return numbers;
}

function moment(numbers: Float64Array, power: number): number {
  return numbers.reduce((sum, x) => sum + x ** power, 0) / numbers.length;
}

/** The Kolmogorov-Smirnov statistic: the largest distance between the sample's distribution and `cdf`. */
function kolmogorovSmirnov(numbers: Float64Array, cdf: (x: number) => number): number {
  const sorted = Float64Array.from(numbers).sort();
  return sorted.reduce((worst, x, i) => {
    const expected = cdf(x);
    return Math.max(
      worst,
      Math.abs(expected - i / sorted.length),
      Math.abs(expected - (i + 1) / sorted.length),
    );
  }, 0);
}

/** The value that the statistic exceeds in one of a thousand samples. */
const KS_LIMIT = 1.95 / Math.sqrt(COUNT);

const normalCdf = (x: number): number => (1 + erfOf(x / Math.SQRT2)) / 2;

test("the numbers of a stream are these, on every machine and in every version", () => {
  const stream = randomStream(42, "stem.conv.weight");
  assert.equal(
    Array.from({ length: 4 }, () => stream.normal()),
    GOLDEN_NORMALS,
  );
  const other = randomStream(42, "head.fc.weight");
  assert.equal(
    Array.from({ length: 3 }, () => other.uniform(-2, 2)),
    GOLDEN_UNIFORMS,
  );
});

test("filling takes the numbers that single calls take", () => {
  const filled = new Float64Array(5000);
  randomStream(3, "a").fillNormal(filled, 0.5);
  const single = randomStream(3, "a");
  assert.equal(
    [...filled],
    Array.from(filled, () => 0.5 * single.normal()),
  );
  const uniforms = new Float64Array(100);
  randomStream(3, "b").fillUniform(uniforms, -1, 3);
  const one = randomStream(3, "b");
  assert.equal(
    [...uniforms],
    Array.from(uniforms, () => one.uniform(-1, 3)),
  );
});

test("normal numbers have the moments of N(0, 1)", () => {
  const numbers = normals("moments");
  // Four standard errors of each moment's estimate.
  const error = 4 / Math.sqrt(COUNT);
  assert.ok(Math.abs(moment(numbers, 1)) < error, "mean");
  assert.ok(Math.abs(moment(numbers, 2) - 1) < error * Math.sqrt(2), "variance");
  assert.ok(Math.abs(moment(numbers, 3)) < error * Math.sqrt(15), "skewness");
  assert.ok(Math.abs(moment(numbers, 4) - 3) < error * Math.sqrt(96), "kurtosis");
});

test("normal numbers have the distribution of N(0, 1), and a wrong one would show", () => {
  const numbers = normals("distribution");
  assert.ok(kolmogorovSmirnov(numbers, normalCdf) < KS_LIMIT);
  assert.not.ok(
    kolmogorovSmirnov(
      numbers.map((x) => x * 1.02),
      normalCdf,
    ) < KS_LIMIT,
  );
  assert.not.ok(
    kolmogorovSmirnov(
      numbers.map((x) => x + 0.01),
      normalCdf,
    ) < KS_LIMIT,
  );
});

test("the tails beyond the ziggurat's base hold as many numbers as they should, on both sides", () => {
  const count = 4_000_000;
  const numbers = normals("tails", count);
  for (const edge of [3, 3.442619855899, 4]) {
    const expected = count * (1 - normalCdf(edge));
    const above = numbers.reduce((n, x) => n + (x > edge ? 1 : 0), 0);
    const below = numbers.reduce((n, x) => n + (x < -edge ? 1 : 0), 0);
    assert.ok(Math.abs(above - expected) < 4 * Math.sqrt(expected), `${above} above ${edge}: ${expected}`);
    assert.ok(Math.abs(below - expected) < 4 * Math.sqrt(expected), `${below} below -${edge}: ${expected}`);
  }
});

test("uniform numbers fill their interval evenly and stay inside", () => {
  const numbers = new Float64Array(COUNT);
  randomStream(7, "uniform").fillUniform(numbers, -3, 5);
  assert.ok(numbers.every((x) => x >= -3 && x < 5));
  assert.ok(kolmogorovSmirnov(numbers, (x) => (x + 3) / 8) < KS_LIMIT);
});

test("streams of other names and other seeds are uncorrelated with this one", () => {
  const correlation = (a: RandomStream, b: RandomStream): number => {
    let sum = 0;
    for (let i = 0; i < COUNT; i++) sum += a.normal() * b.normal();
    return sum / COUNT;
  };
  const limit = 4 / Math.sqrt(COUNT);
  const pairs: [RandomStream, RandomStream][] = [
    [randomStream(0, "a"), randomStream(0, "b")],
    [randomStream(0, "a"), randomStream(1, "a")],
    // A seed's last digit must not run into the name.
    [randomStream(1, "1a"), randomStream(11, "a")],
  ];
  for (const [a, b] of pairs) assert.ok(Math.abs(correlation(a, b)) < limit);
  assert.is(Math.round(correlation(randomStream(0, "a"), randomStream(0, "a"))), 1);
});

test.run();
