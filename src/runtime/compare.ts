import { type Distance, distance, sameNonFinite } from "../base/distance.js";
import {
  allowedDifferences,
  ENOUGH_NUMBERS,
  type OutputError,
  type RoundedArithmetic,
} from "./rounding-error.js";

/** A distance with the statistics that people look at. */
export interface Statistics extends Distance {
  /** The mean of |a - b|. */
  readonly meanAbs: number;
  /** The median of |a - b|. */
  readonly medianAbs: number;
  /** max (|a - b| - rtol · |a|): the smallest `atol` that would pass; maxAbs if there is no rtol. */
  readonly neededAtol: number;
}

/**
 * How far outputs may be from their reference: so many times what rounding to this precision was measured to do to them; or,
 * where a user gives `elementwise`, |a - b| ≤ atol + rtol · |a| at each element.
 */
export interface Tolerance {
  /** What the model computes in, the lowest of it. */
  readonly precision: RoundedArithmetic;
  /** Measured rounding errors that a difference may have. */
  readonly roundingErrors: number;
  readonly elementwise?: { readonly atol: number; readonly rtol: number } | undefined;
}

/**
 * Tolerances by the lowest precision that a model computes in. The error is that of one run, and the largest among some
 * numbers: another one's largest is up to 7 times as large where an output has few numbers (docs/verify.md). What is rounded to 11 bits is rounded in
 * the measurement wherever a device could do it, which is more often than most do.
 */
export const TOLERANCES = {
  float32: { precision: "float32", roundingErrors: 10 },
  float16: { precision: "float16", roundingErrors: 4 },
  /** float32 whose factors are rounded to the 11 bits of float16, on CUDA where TF32 is allowed. */
  tf32: { precision: "tf32", roundingErrors: 4 },
} as const satisfies Record<string, Tolerance>;

export type ToleranceName = keyof typeof TOLERANCES;

/** What a comparison shows. `undecided`: the numbers agree as far as can be seen, and they would if much were wrong. */
export type Verdict = "right" | "wrong" | "undecided";

export interface Judgement {
  readonly verdict: Verdict;
  /** Why it is not right. */
  readonly why?: string;
  /** Set for whole numbers that are the reference's and the same for every input. */
  readonly constant?: true;
  /** The largest difference that is allowed anywhere in the output; slices with smaller errors have a smaller limit. */
  readonly tolerance: number;
  /** The measured effect of rounding on the output: max |rounded - exact|. */
  readonly float32Error: number;
}

/** What was looked at besides comparisons. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** For a check that is not `ok`: nothing is wrong, but the result is undecided. */
  readonly undecided?: true;
  /** The result, as text. */
  readonly detail: string;
}

/** How many times as large as one run's largest error another one's can be, where an output has few numbers (docs/verify.md). */
const FEW_NUMBERS = 7;

/** How many tolerances an output must move with its input, for a comparison of it to mean anything. */
const LEAST_RESPONSE = 10;

/** The distance of `actual` from `reference` with its statistics. Not finite where `distance` is not. */
export function statistics(
  reference: ArrayLike<number>,
  actual: ArrayLike<number>,
  { elementwise }: Pick<Tolerance, "elementwise">,
): Statistics {
  const far = distance(reference, actual);
  if (!Number.isFinite(far.maxAbs)) {
    return { ...far, meanAbs: Number.NaN, medianAbs: Number.NaN, neededAtol: Number.NaN };
  }
  const rtol = elementwise?.rtol ?? 0;
  const differences = new Float64Array(reference.length);
  let sum = 0;
  let neededAtol = 0;
  for (let i = 0; i < reference.length; i++) {
    const a = reference[i] as number;
    const b = actual[i] as number;
    if (sameNonFinite(a, b)) continue;
    const difference = Math.abs(a - b);
    differences[i] = difference;
    sum += difference;
    neededAtol = Math.max(neededAtol, difference - rtol * Math.abs(a));
  }
  differences.sort();
  return {
    ...far,
    meanAbs: sum / differences.length,
    medianAbs: differences[differences.length >> 1] as number,
    neededAtol,
  };
}

/**
 * Whether an output is right, by what rounding does to it. `response`: how far it moves from one input to another, where
 * that is known: an output that hardly moves would look right whatever the network computed.
 */
export function judge(
  reference: ArrayLike<number>,
  actual: ArrayLike<number>,
  error: OutputError,
  tolerance: Tolerance,
  response?: number,
): Judgement {
  const limits = allowedDifferences(reference, error, tolerance.roundingErrors);
  const { elementwise, precision } = tolerance;
  const allowedAt = (i: number): number =>
    elementwise === undefined
      ? limits.at(i)
      : elementwise.atol + elementwise.rtol * Math.abs(reference[i] as number);
  const measured = { tolerance: limits.whole, float32Error: limits.whole / tolerance.roundingErrors };
  const worst = reference.length === actual.length ? furthest(reference, actual, allowedAt) : undefined;
  if (reference.length !== actual.length) {
    const why = `it has ${actual.length} numbers, the reference ${reference.length}`;
    return { verdict: "wrong", why, ...measured };
  }
  if (worst !== undefined && worst.tolerances > 1) {
    const at = indexText(worst.index, error.dims);
    const a = reference[worst.index] as number;
    const b = actual[worst.index] as number;
    const why = `at ${at} it is ${numberText(b)} for ${numberText(a)}, and may differ by ${numberText(allowedAt(worst.index))}`;
    // Where no input moves an output of few numbers, more runs show no more errors than the first.
    const isVague = elementwise === undefined && response === 0 && error.whole.seen < ENOUGH_NUMBERS;
    if (!isVague || worst.tolerances > FEW_NUMBERS) return { verdict: "wrong", why, ...measured };
    return {
      verdict: "undecided",
      why: `${why}, as far as the rounding of so few numbers tells`,
      ...measured,
    };
  }
  const why = elementwise === undefined ? tooWeak(limits.whole, precision, response) : undefined;
  return why === undefined ? { verdict: "right", ...measured } : { verdict: "undecided", why, ...measured };
}

/**
 * Whether an output of whole numbers is right, such as labels and indexes: each is the reference's, but for so many as rounding alone was measured to
 * change. `unstable`: how many these are; infinite where rounding changes how many numbers there are. Where rounding changes as many as are no zeros,
 * zeros would pass, so that it can't be told. Where it changes most of them, as which of many nearly equal scores come first, a few more are no mistake
 * either.
 */
export function judgeWhole(
  reference: ArrayLike<number>,
  actual: ArrayLike<number>,
  dims: readonly number[],
  unstable: number,
  response: number | undefined,
): Judgement {
  const exact = { tolerance: 0, float32Error: 0 };
  if (reference.length !== actual.length) {
    const why = `it has ${actual.length} numbers, the reference ${reference.length}`;
    if (unstable < Number.POSITIVE_INFINITY) return { verdict: "wrong", why, ...exact };
    return { verdict: "undecided", why: `${why}: rounding alone changes how many there are`, ...exact };
  }
  const different = Array.from(reference).flatMap((a, i) =>
    Object.is(a, actual[i]) || a === actual[i] ? [] : [i],
  );
  const [first] = different;
  const shown = Array.from(reference).filter((a) => a !== 0).length;
  if (first !== undefined && different.length > unstable) {
    const why = `${different.length} of its ${reference.length} whole numbers differ, and rounding alone changes ${unstable}: at ${indexText(first, dims)} it is ${actual[first]} for ${reference[first]}`;
    return { verdict: 2 * unstable > reference.length ? "undecided" : "wrong", why, ...exact };
  }
  if (unstable > 0 && unstable >= shown) {
    const why = `rounding alone changes ${unstable} of its ${reference.length} whole numbers, of which ${shown} are not zero`;
    return { verdict: "undecided", why, ...exact };
  }
  if (response !== 0) return { verdict: "right", ...exact };
  const why = "it is the same for every input, so that no mistake before it could be seen";
  return { verdict: "undecided", why, constant: true, ...exact };
}

/** How many tolerances two outputs of one size are apart, at the element where that is most. */
export function tolerancesApart(
  reference: ArrayLike<number>,
  actual: ArrayLike<number>,
  error: OutputError,
  { roundingErrors }: Tolerance,
): number {
  const { at } = allowedDifferences(reference, error, roundingErrors);
  return furthest(reference, actual, at)?.tolerances ?? 0;
}

/** The element that uses most of what it is allowed, and how much; undefined where none differs. */
function furthest(
  reference: ArrayLike<number>,
  actual: ArrayLike<number>,
  allowedAt: (index: number) => number,
): { readonly index: number; readonly tolerances: number } | undefined {
  let worst: { index: number; tolerances: number } | undefined;
  for (let index = 0; index < reference.length; index++) {
    const a = reference[index] as number;
    const b = actual[index] as number;
    if (sameNonFinite(a, b)) continue;
    const allowed = allowedAt(index);
    const difference = Math.abs(a - b);
    if (difference === 0 || allowed === Number.POSITIVE_INFINITY) continue;
    const tolerances = Number.isFinite(difference) ? difference / allowed : Number.POSITIVE_INFINITY;
    if (worst === undefined || tolerances > worst.tolerances) worst = { index, tolerances };
  }
  return worst;
}

function tooWeak(allowed: number, precision: string, response: number | undefined): string | undefined {
  if (allowed === Number.POSITIVE_INFINITY)
    return `rounding to ${precision} alone makes numbers of it infinite or NaN`;
  if (response === undefined) return undefined;
  if (response === 0) return "it is the same for every input, so that no mistake before it could be seen";
  return response >= LEAST_RESPONSE * allowed
    ? undefined
    : `it moves by ${numberText(response)} from input to input, and ${precision} is only good to ${numberText(allowed)}: a mistake could hide in that`;
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : `${value}`;
}

/** `[0, 3, 5]`, the batch first. */
function indexText(index: number, dims: readonly number[]): string {
  const [, ...rest] = dims;
  const indexes: number[] = [];
  let left = index;
  for (const size of [...rest].reverse()) {
    indexes.unshift(left % size);
    left = Math.floor(left / size);
  }
  return `[${[left, ...indexes].join(", ")}]`;
}

/** A tolerance in words. */
export function toleranceText({ precision, roundingErrors, elementwise }: Tolerance): string {
  return elementwise === undefined
    ? `${precision}: |Δ| up to ${roundingErrors} times what rounding to it was measured to do to the output`
    : `${precision}: |Δ| up to ${elementwise.atol} + ${elementwise.rtol} · |reference| at each element`;
}
