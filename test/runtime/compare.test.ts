import { suite } from "uvu";
import * as assert from "uvu/assert";
import { distance } from "../../src/base/distance.js";
import {
  judge,
  judgeWhole,
  statistics,
  TOLERANCES,
  tolerancesApart,
  type Verdict,
} from "../../src/runtime/compare.js";
import {
  grownError,
  measuredError,
  type OutputError,
  type RoundedArithmetic,
} from "../../src/runtime/rounding-error.js";

const test = suite("runtime: compare");
const reference = [1, -2, 3, 0.5];
/** Of an output of four numbers that rounding moves by 1e-6. */
const error: OutputError = measuredError(
  [{ dims: [1, 4], exact: reference, rounded: [1, -2, 3, 0.5 + 1e-6] }],
  "float32",
);
const verdictOf = (actual: readonly number[], expected = reference, response?: number): Verdict =>
  judge(expected, actual, error, TOLERANCES.float32, response).verdict;

test("equal tensors are equal", () => {
  assert.equal(distance(reference, reference), { maxAbs: 0, maxRel: 0, cosine: 1 });
  assert.is(verdictOf(reference), "right");
});

test("distances are relative to the reference's range", () => {
  const { maxAbs, maxRel } = distance(reference, [1, -2, 3, 0.75]);
  assert.is(maxAbs, 0.25);
  assert.is(maxRel, 0.05);
});

test("the statistics of differences in any order", () => {
  const far = statistics([0, 0, 40, 0, 0], [9, -1, 51, 0, 2], { elementwise: { atol: 0, rtol: 0.1 } });
  assert.equal([far.meanAbs, far.medianAbs, far.maxAbs], [4.6, 2, 11]);
  // Of the largest difference, 11, the relative part allows 4.
  assert.is(far.neededAtol, 9);
});

test("ten times the measured error is the limit", () => {
  assert.is(verdictOf([1, -2, 3, 0.5 + 9.9e-6]), "right");
  assert.is(verdictOf([1, -2, 3, 0.5 + 1.01e-5]), "wrong");
  const { tolerance, float32Error } = judge(reference, reference, error, TOLERANCES.float32);
  assert.ok(Math.abs(tolerance - 1e-5) < 1e-12 && Math.abs(float32Error - 1e-6) < 1e-12);
});

test("what can't be compared is wrong", () => {
  assert.is(verdictOf([]), "wrong", "nothing");
  assert.is(verdictOf([1, -2, 3]), "wrong", "another size");
  assert.is(verdictOf([1, -2, 3, Number.NaN]), "wrong", "NaN");
  assert.is(verdictOf([1, -2, 3, Number.POSITIVE_INFINITY]), "wrong", "infinity");
  assert.is(verdictOf([Number.NaN, -2, 3, 0.5]), "wrong", "a NaN at the start");
  assert.is(verdictOf([0, 0, 0, 0]), "wrong", "zeros");
  assert.is(verdictOf([-1, 2, -3, -0.5]), "wrong", "the opposite");
});

test("NaN and the same infinity at the same places are equal, and the rest is compared", () => {
  const [nan, infinity] = [Number.NaN, Number.POSITIVE_INFINITY];
  const expected = [nan, infinity, -infinity, 0.5];
  assert.equal(distance(expected, expected), { maxAbs: 0, maxRel: 0, cosine: 1 });
  assert.is(verdictOf(expected, expected), "right");
  assert.is(verdictOf([nan, infinity, -infinity, 0.6], expected), "wrong");
  assert.is(verdictOf([infinity, nan, -infinity, 0.5], expected), "wrong", "at other places");
  assert.is(verdictOf([nan, -infinity, -infinity, 0.5], expected), "wrong", "the other infinity");
});

test("an output that hardly moves with the input shows nothing: it can't be told", () => {
  assert.is(verdictOf(reference, reference, 1), "right");
  const still = judge(reference, reference, error, TOLERANCES.float32, 0);
  assert.is(still.verdict, "undecided");
  assert.match(still.why ?? "", /the same for every input/);
  const little = judge(reference, reference, error, TOLERANCES.float32, 5e-5);
  assert.is(little.verdict, "undecided");
  assert.match(little.why ?? "", /moves by 0.00005 from input to input, and float32 is only good to 0.00001/);
  assert.is(
    verdictOf([1, -2, 3, 0.6], reference, 0),
    "wrong",
    "what is further off than rounding explains is wrong all the same",
  );
});

test("a few numbers that no input moves are wrong only where they are far beyond their one error", () => {
  const beyond = (tolerances: number): readonly number[] => [1, -2, 3, 0.5 + tolerances * 1e-5];
  assert.is(verdictOf(beyond(1.2), reference, 0), "undecided");
  assert.is(verdictOf(beyond(8), reference, 0), "wrong");
  assert.is(verdictOf(beyond(1.2), reference, 1), "wrong");
});

test("whole numbers are compared one by one, and tell nothing where rounding changes as many as are no zeros", () => {
  const labels = [0, 3, 0, 5, 7];
  const verdictOfLabels = (actual: readonly number[], unstable: number, response?: number): Verdict =>
    judgeWhole(labels, actual, [1, 5], unstable, response).verdict;
  assert.is(verdictOfLabels(labels, 0), "right");
  assert.is(verdictOfLabels([0, 3, 0, 5, 8], 0), "wrong");
  assert.is(verdictOfLabels([0, 3, 0, 5, 8], 1), "right");
  assert.is(verdictOfLabels([0, 3, 0, 6, 8], 1), "wrong");
  assert.is(verdictOfLabels([0, 0, 0, 0, 0], 2), "wrong");
  assert.is(verdictOfLabels([0, 0, 0, 0, 0], 3), "undecided");
  assert.is(verdictOfLabels(labels, 3), "undecided");
  assert.is(verdictOfLabels(labels, 0, 0), "undecided");
  // Three of five hang on rounding, so that a fourth is no mistake; two of five do not excuse a third.
  assert.is(verdictOfLabels([1, 4, 0, 6, 8], 3), "undecided");
  assert.is(verdictOfLabels([0, 4, 0, 6, 8], 2), "wrong");
  assert.is(judgeWhole([0, 0], [0, 0], [1, 2], 0, 1).verdict, "right");
  assert.is(judgeWhole([4], [6], [1], 1, 1).verdict, "undecided");
});

test("where rounding makes a number infinite it can't be told, and what is wrong elsewhere is wrong", () => {
  const overflows = measuredError(
    [{ dims: [1, 4], exact: reference, rounded: [1, -2, 3, Number.POSITIVE_INFINITY] }],
    "float32",
  );
  assert.is(judge(reference, reference, overflows, TOLERANCES.float32).verdict, "undecided");
});

test("zeros are good to the smallest number, and large numbers to one rounding at least", () => {
  const errorOf = (numbers: readonly number[], arithmetic: RoundedArithmetic): OutputError =>
    measuredError([{ dims: [1, numbers.length], exact: numbers, rounded: numbers }], arithmetic);
  for (const [arithmetic, least, unit] of [
    ["float32", 2 ** -149, 2 ** -24],
    ["tf32", 2 ** -149, 2 ** -11],
    ["float16", 2 ** -24, 2 ** -11],
  ] as const) {
    assert.is(errorOf([0, 0], arithmetic).whole.error, least);
    assert.is(errorOf([8], arithmetic).whole.error, 8 * unit);
  }
  const zeros = errorOf([0, 0], "float32");
  assert.is(judge([0, 0], [0, 1e-30], zeros, TOLERANCES.float32).verdict, "wrong");
});

/** Two channels of 6x6, one of sizes around 600, one a heat map of about 1e-7; each number is off by `unit` of its channel's size. */
const twoScales = (unit: number): { readonly exact: number[]; readonly rounded: number[] } => {
  const exact = Array.from({ length: 72 }, (_, i) => (i < 36 ? 600 : 1e-7) * (1 + (i % 36) / 36));
  const rounded = exact.map((x, i) => x + (i < 36 ? 600 : 1e-7) * unit);
  return { exact, rounded };
};

test("a channel of small numbers is not excused by the errors of large ones, wherever the channels are", () => {
  for (const dims of [
    [1, 2, 6, 6],
    [1, 2, 36],
  ]) {
    const { exact, rounded } = twoScales(1e-6);
    const measured = measuredError([{ dims, exact, rounded }], "float32");
    const wrong = exact.map((x, i) => (i === 40 ? 2 * x : x));
    assert.is(judge(exact, wrong, measured, TOLERANCES.float32).verdict, "wrong");
    assert.match(judge(exact, wrong, measured, TOLERANCES.float32).why ?? "", /at \[0, 1, /);
    assert.is(judge(exact, twoScales(5e-6).rounded, measured, TOLERANCES.float32).verdict, "right");
    assert.is(
      judge([...exact, ...exact], [...exact, ...wrong], measured, TOLERANCES.float32).verdict,
      "wrong",
      "in a batch",
    );
  }
});

test("a slice whose error is that of one number has none of its own", () => {
  // 40 places of two classes; the second is likely in one place alone, whose rounding happened to be small.
  const exact = Array.from({ length: 80 }, (_, i) =>
    i % 2 === 0 ? 0.5 + i / 400 : i === 1 ? 2.5e-9 : 1e-35,
  );
  const rounded = exact.map((x, i) => x * (1 + (i === 1 ? 1e-7 : 1e-5)));
  const measured = measuredError([{ dims: [1, 40, 2], exact, rounded }], "float32");
  const other = exact.map((x, i) => (i === 1 ? x * (1 + 2e-5) : x));
  assert.is(judge(exact, other, measured, TOLERANCES.float32).verdict, "right");
});

test("a row that one image leaves dark has no error of its own for others, and one that all light up has", () => {
  const dims = [1, 2, 64];
  const lit = Array.from({ length: 64 }, (_, i) => 1 + (i % 7) / 8);
  const exact = [...lit.map((x) => x / 1024), ...lit];
  const moved = (first: number, second: number): OutputError =>
    measuredError(
      [{ dims, exact, rounded: exact.map((x, i) => x * (1 + (i < 64 ? first : second))) }],
      "float32",
    );
  const base = moved(1e-6, 1e-6);
  const same = grownError(base, [base, moved(2e-6, 1e-6)]);
  assert.ok(Math.abs((same.slices[1]?.[0]?.error ?? 0) / (base.slices[1]?.[0]?.error ?? 0) - 2) < 0.1);
  assert.ok(Math.abs((same.slices[1]?.[1]?.error ?? 0) / (base.slices[1]?.[1]?.error ?? 0) - 1) < 0.1);
  const dark = grownError(base, [base, moved(0, 1e-6)]);
  assert.is(dark.slices[1]?.[0], undefined);
  assert.ok(dark.slices[1]?.[1] !== undefined);
});

test("how far two outputs are apart is counted in tolerances", () => {
  assert.ok(
    Math.abs(tolerancesApart(reference, [1, -2, 3, 0.5 + 5e-5], error, TOLERANCES.float32) - 5) < 1e-6,
  );
  assert.is(tolerancesApart(reference, reference, error, TOLERANCES.float32), 0);
});

test("with a tolerance of the user's that alone counts", () => {
  const tolerance = { ...TOLERANCES.float32, elementwise: { atol: 0.01, rtol: 0.1 } };
  assert.is(judge(reference, [1, -2, 3.3, 0.5], error, tolerance, 0).verdict, "right");
  assert.is(judge(reference, [1, -2, 3, 0.555], error, tolerance).verdict, "right", "both parts together");
  assert.is(judge(reference, [1, -2, 3, 0.57], error, tolerance).verdict, "wrong");
});

test.run();
