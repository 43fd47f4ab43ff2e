import { cosineOf } from "../../base/distance.js";
import type { LentNumbers } from "../../ir/weight.js";
import { PIECE_ELEMENTS } from "./elements.js";

/** What the numbers of a tensor are like. Those that are not finite are counted, and left out of the rest. */
export interface TensorStatistics {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** The population standard deviation: the divisor is the count. */
  readonly std: number;
  /** NaN and infinities. */
  readonly nonFinite: number;
}

/** How far two tensors of the same sizes are from each other. */
export interface TensorDistance {
  /** The largest |a - b|; NaN if a number is NaN in one of them alone. */
  readonly maxAbs: number;
  /** Σab / √(Σa² Σb²); 1 for two that are zero, 0 for one. */
  readonly cosine: number;
}

/** Undefined for a tensor without finite numbers. Float64, piece by piece. */
export function statisticsOf(numbers: LentNumbers): TensorStatistics | undefined {
  let count = 0;
  let mean = 0;
  /** Σ(x - mean)² */
  let squares = 0;
  let [min, max, nonFinite] = [Infinity, -Infinity, 0];
  for (const piece of piecesOf(numbers)) {
    const finite = piece.every(Number.isFinite) ? piece : piece.filter(Number.isFinite);
    nonFinite += piece.length - finite.length;
    if (finite.length === 0) continue;
    let sum = 0;
    for (const x of finite) {
      sum += x;
      if (x < min) min = x;
      if (x > max) max = x;
    }
    const pieceMean = sum / finite.length;
    let pieceSquares = 0;
    for (const x of finite) pieceSquares += (x - pieceMean) ** 2;
    // Two parts' means and squares into those of the whole (Chan, Golub and LeVeque 1979), because sums of squares
    // cancel.
    const total = count + finite.length;
    const delta = pieceMean - mean;
    squares += pieceSquares + (delta * delta * count * finite.length) / total;
    mean += (delta * finite.length) / total;
    count = total;
  }
  return count === 0 ? undefined : { min, max, mean, std: Math.sqrt(squares / count), nonFinite };
}

/** The distance of two tensors of as many elements. Float64, piece by piece. */
export function distanceOf(a: LentNumbers, b: LentNumbers): TensorDistance {
  let [maxAbs, ab, aa, bb] = [0, 0, 0, 0];
  const other = new Float64Array(Math.min(b.length, PIECE_ELEMENTS));
  let done = 0;
  for (const piece of piecesOf(a)) {
    const rest = other.subarray(0, piece.length);
    b.copyTo(rest, done);
    done += piece.length;
    for (let i = 0; i < piece.length; i++) {
      const [x, y] = [piece[i] as number, rest[i] as number];
      // The same infinity, or NaN, in both is no difference.
      if (!Object.is(x, y)) maxAbs = Math.max(maxAbs, Math.abs(x - y));
      ab += x * y;
      aa += x * x;
      bb += y * y;
    }
  }
  return { maxAbs, cosine: cosineOf(ab, aa, bb) };
}

/** The numbers in order; a piece is valid until the next one is asked for. */
function* piecesOf(numbers: LentNumbers): Iterable<Float64Array> {
  const buffer = new Float64Array(Math.min(numbers.length, PIECE_ELEMENTS));
  for (let start = 0; start < numbers.length; ) {
    const piece = buffer.subarray(0, Math.min(buffer.length, numbers.length - start));
    numbers.copyTo(piece, start);
    yield piece;
    start += piece.length;
  }
}
