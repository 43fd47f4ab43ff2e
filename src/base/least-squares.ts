/** Below this part of its diagonal element a pivot is what rounding left of zero. */
const LEAST_PIVOT = 1e-12;

/** The ridge of a degenerate system, as a part of the diagonal's mean. */
const RIDGE = 1e-9;

/**
 * Weighted linear least squares with few unknowns:
 *
 *     the x for which Σᵢ weightᵢ · (rowᵢ · x - targetᵢ)² is least
 *
 * Rows are taken one by one; memory is that of the normal equations A·x = b with A = Σ weight · rowᵀrow, which are solved by
 * Cholesky factors in float64. Where rows leave a direction open, a small ridge on the diagonal decides for the x
 * that is short: the result is always finite and the same for the same rows.
 *
 * Source: Golub and Van Loan, Matrix Computations, sections 4.2 (Cholesky) and 5.3 (normal equations).
 */
export class LeastSquares {
  readonly #size: number;
  /** The lower triangle of A, row by row in a square. */
  readonly #matrix: Float64Array;
  readonly #right: Float64Array;

  constructor(unknowns: number) {
    this.#size = unknowns;
    this.#matrix = new Float64Array(unknowns * unknowns);
    this.#right = new Float64Array(unknowns);
  }

  /** Adds an equation, row · x ≈ target. All numbers must be finite. */
  add(row: ArrayLike<number>, target: number, weight = 1): void {
    for (let i = 0; i < this.#size; i++) {
      const scaled = weight * (row[i] as number);
      this.#right[i] = (this.#right[i] as number) + scaled * target;
      for (let j = 0; j <= i; j++) {
        const at = i * this.#size + j;
        this.#matrix[at] = (this.#matrix[at] as number) + scaled * (row[j] as number);
      }
    }
  }

  /** Zeros where no row says anything. Errors: `RangeError` for numbers that are not finite. */
  solve(): Float64Array {
    const trace = this.#diagonal().reduce((sum, value) => sum + value, 0);
    if (trace === 0) return new Float64Array(this.#size);
    const factor = this.#factor(0) ?? this.#factor((RIDGE * trace) / this.#size);
    // The ridge is larger than what rounding can take away from a pivot, so only such numbers have no factors.
    const solution = factor && substitute(factor, this.#right);
    if (solution?.every(Number.isFinite)) return solution;
    throw new RangeError("least squares of numbers that are not finite");
  }

  #diagonal(): readonly number[] {
    return Array.from(this.#right, (_, i) => this.#matrix[i * this.#size + i] as number);
  }

  /** The L of A + ridge = L·Lᵀ; undefined where a pivot is nothing but rounding. */
  #factor(ridge: number): Float64Array | undefined {
    const size = this.#size;
    const lower = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j <= i; j++) {
        let rest = (this.#matrix[i * size + j] as number) + (i === j ? ridge : 0);
        const whole = rest;
        for (let m = 0; m < j; m++) rest -= (lower[i * size + m] as number) * (lower[j * size + m] as number);
        if (i !== j) {
          lower[i * size + j] = rest / (lower[j * size + j] as number);
          continue;
        }
        if (!(rest > LEAST_PIVOT * whole)) return undefined;
        lower[i * size + i] = Math.sqrt(rest);
      }
    }
    return lower;
  }
}

/** The x of L·Lᵀ·x = right. */
function substitute(lower: Float64Array, right: Float64Array): Float64Array {
  const size = right.length;
  const x = Float64Array.from(right);
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) x[i] = (x[i] as number) - (lower[i * size + j] as number) * (x[j] as number);
    x[i] = (x[i] as number) / (lower[i * size + i] as number);
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let j = i + 1; j < size; j++)
      x[i] = (x[i] as number) - (lower[j * size + i] as number) * (x[j] as number);
    x[i] = (x[i] as number) / (lower[i * size + i] as number);
  }
  return x;
}
