import { sameNonFinite } from "../base/distance.js";

/**
 * What rounding does to an output, measured: the largest difference between a run in float64 and one in the arithmetic of
 * the model (docs/verify.md). Errors of a network are as different as the sizes of its numbers, so that what is true of
 * an output's large numbers must not excuse the small ones: each slice of it, along any axis but the batch, has an error of its own where it shows enough
 * of them.
 */
export interface OutputError {
  /** The sizes of the output, with the batch that it was measured with. */
  readonly dims: readonly number[];
  readonly whole: SliceError;
  /** By axis and index along it; undefined where too few numbers show an error. */
  readonly slices: readonly (readonly (SliceError | undefined)[])[];
}

export interface SliceError {
  /** max |rounded - exact|; not less than what rounding the largest number once can do. Infinite where rounding makes a number infinite or NaN. */
  readonly error: number;
  /** max |exact| */
  readonly size: number;
  /** How many of the numbers have an error of the order of the largest. */
  readonly seen: number;
}

/** One output in one run. */
export interface RoundedRun {
  readonly dims: readonly number[];
  readonly exact: ArrayLike<number>;
  readonly rounded: ArrayLike<number>;
}

/** Half the relative distance of neighbours among the numbers of each arithmetic, and the smallest number. */
export const ROUNDOFF = {
  float32: { unit: 2 ** -24, least: 2 ** -149 },
  tf32: { unit: 2 ** -11, least: 2 ** -149 },
  float16: { unit: 2 ** -11, least: 2 ** -24 },
} as const;

export type RoundedArithmetic = keyof typeof ROUNDOFF;

/** The largest of so many errors of its order is seldom far below what another run has. */
export const ENOUGH_NUMBERS = 32;

/**
 * Errors of a smaller part of the largest say nothing of it: a probability's error is in proportion to it, so that of a class that is
 * likely in one place is one number among many that are next to nothing.
 */
const LEAST_PART = 1 / 32;

/**
 * The error of an output over some runs of it, all of the same sizes. Runs of different images have numbers of different sizes: the
 * error is that of the largest, by the largest part of its size that a run is off.
 */
export function measuredError(runs: readonly RoundedRun[], arithmetic: RoundedArithmetic): OutputError {
  const dims = runs[0]?.dims ?? [];
  const strides = stridesOf(dims);
  const measured = runs.map(({ exact, rounded }) => {
    const whole = new Extremes(1);
    const axes = dims.map((size, axis) => new Extremes(axis === 0 ? 0 : size));
    const each = (see: (extremes: Extremes, at: number, error: number, number: number) => void): void => {
      for (let i = 0; i < exact.length; i++) {
        const a = exact[i] as number;
        const b = rounded[i] as number;
        if (sameNonFinite(a, b)) continue;
        const error = Number.isFinite(a) && Number.isFinite(b) ? Math.abs(a - b) : Number.POSITIVE_INFINITY;
        see(whole, 0, error, a);
        for (let axis = 1; axis < axes.length; axis++) {
          see(axes[axis] as Extremes, indexAlong(i, axis, dims, strides), error, a);
        }
      }
    };
    each((extremes, at, error, number) => extremes.add(at, error, number));
    each((extremes, at, error) => extremes.count(at, error));
    return { whole, axes };
  });
  const combined = (of: readonly Extremes[], at: number): SliceError => {
    const sizes = of.map((each) => each.size(at));
    const size = Math.max(0, ...sizes);
    const errors = of.map((each, i) => each.error(at) * (sizes[i] ? size / (sizes[i] as number) : 1));
    const { unit, least } = ROUNDOFF[arithmetic];
    const seen = of.reduce((all, each) => all + each.seen(at), 0);
    return { error: Math.max(unit * size, least, ...errors), size, seen };
  };
  const slices = dims.map((size, axis) =>
    Array.from({ length: axis === 0 ? 0 : size }, (_, at) => {
      const slice = combined(
        measured.map(({ axes }) => axes[axis] as Extremes),
        at,
      );
      return slice.seen < ENOUGH_NUMBERS ? undefined : slice;
    }),
  );
  return {
    dims,
    whole: combined(
      measured.map(({ whole }) => whole),
      0,
    ),
    slices,
  };
}

/**
 * How far each number of an output may be from its reference: `factor` times the error of the whole, or of the slice of
 * it with the smallest error that the number is in. Errors are in proportion to the size of the numbers, where that is another than was measured.
 */
export function allowedDifferences(
  reference: ArrayLike<number>,
  { dims, whole, slices }: OutputError,
  factor: number,
): { readonly whole: number; readonly at: (index: number) => number } {
  const strides = stridesOf(dims);
  const all = new Extremes(1);
  const axes = slices.map(
    (axis) => new Extremes(axis.some((slice) => slice !== undefined) ? axis.length : 0),
  );
  for (let i = 0; i < reference.length; i++) {
    const a = reference[i] as number;
    all.add(0, 0, a);
    for (let axis = 1; axis < axes.length; axis++) {
      const each = axes[axis];
      if (each?.length) each.add(indexAlong(i, axis, dims, strides), 0, a);
    }
  }
  const allowed = (measured: SliceError, size: number): number =>
    factor * measured.error * (measured.size > 0 && size > 0 ? size / measured.size : 1);
  const wholeAllowed = allowed(whole, all.size(0));
  const limits = axes.map((each, axis) =>
    Float64Array.from({ length: each.length }, (_, at) => {
      const slice = slices[axis]?.[at];
      return slice === undefined ? wholeAllowed : Math.min(wholeAllowed, allowed(slice, each.size(at)));
    }),
  );
  return {
    whole: wholeAllowed,
    at(index) {
      let least = wholeAllowed;
      for (let axis = 1; axis < limits.length; axis++) {
        const limit = limits[axis];
        if (limit?.length) least = Math.min(least, limit[indexAlong(index, axis, dims, strides)] as number);
      }
      return least;
    },
  };
}

/**
 * The error for several images, of which it was measured on the first: it grows as the parts by which moved inputs move the outputs of each (`moves`, the
 * first image's first). What a slice shows of one image it need not show of another, as a row of a heat map that is dark in one: a slice keeps an
 * error of its own only where all images show enough of it.
 */
export function grownError({ dims, whole, slices }: OutputError, moves: readonly OutputError[]): OutputError {
  const grown = (slice: SliceError, same: readonly (SliceError | undefined)[]): SliceError | undefined => {
    const parts = same.map((each) => (each?.size ? each.error / each.size : Number.NaN));
    const growth = Math.max(...parts) / (parts[0] ?? Number.NaN);
    return Number.isFinite(growth) ? { ...slice, error: growth * slice.error } : undefined;
  };
  if (moves.length < 2) return { dims, whole, slices };
  return {
    dims,
    whole:
      grown(
        whole,
        moves.map((each) => each.whole),
      ) ?? whole,
    slices: slices.map((axis, i) =>
      axis.map(
        (slice, at) =>
          slice &&
          grown(
            slice,
            moves.map((each) => each.slices[i]?.[at]),
          ),
      ),
    ),
  };
}

/** The error of two causes together: the one, and a part of the other. A slice has one of its own where both show theirs. */
export function plusError(a: OutputError, b: OutputError, part: number): OutputError {
  const plus = (one: SliceError, other: SliceError): SliceError => ({
    ...one,
    error: one.error + part * other.error,
  });
  const slices = a.slices.map((axis, i) =>
    axis.map((one, at) => {
      const other = b.slices[i]?.[at];
      return one === undefined || other === undefined ? undefined : plus(one, other);
    }),
  );
  return { dims: a.dims, whole: plus(a.whole, b.whole), slices };
}

/** The largest error and size at each of some indexes. */
class Extremes {
  readonly length: number;
  readonly #errors: Float64Array;
  readonly #sizes: Float64Array;
  readonly #seen: Float64Array;

  constructor(length: number) {
    this.length = length;
    this.#errors = new Float64Array(length);
    this.#sizes = new Float64Array(length);
    this.#seen = new Float64Array(length);
  }

  add(at: number, error: number, number: number): void {
    const size = Number.isFinite(number) ? Math.abs(number) : 0;
    if (error > (this.#errors[at] as number)) this.#errors[at] = error;
    if (size > (this.#sizes[at] as number)) this.#sizes[at] = size;
  }

  /** Counts an error of the order of the largest, which is known by then. */
  count(at: number, error: number): void {
    const isLarge = error > 0 && error >= LEAST_PART * (this.#errors[at] as number);
    if (isLarge) this.#seen[at] = (this.#seen[at] as number) + 1;
  }

  size(at: number): number {
    return this.#sizes[at] as number;
  }

  error(at: number): number {
    return this.#errors[at] as number;
  }

  seen(at: number): number {
    return this.#seen[at] as number;
  }
}

function stridesOf(dims: readonly number[]): readonly number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) {
    strides[axis] = (strides[axis + 1] as number) * (dims[axis + 1] as number);
  }
  return strides;
}

/** Where along an axis an element is, whatever the batch. */
function indexAlong(
  index: number,
  axis: number,
  dims: readonly number[],
  strides: readonly number[],
): number {
  return Math.floor(index / (strides[axis] as number)) % (dims[axis] as number);
}
