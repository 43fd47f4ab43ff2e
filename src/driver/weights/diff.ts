import { openWeights } from "../../given/weights.js";
import { sameDims } from "../../ir/types.js";
import { hasNumbers } from "../../weights/formats/file-dtypes.js";
import { exactNumbers, type StoredTensor, type TensorSource } from "../../weights/formats/tensor-source.js";
import { distanceOf, type TensorDistance } from "../../weights/values/statistics.js";

/** The output of `ecagen weights diff --json`. */
export interface WeightsDiff {
  readonly a: string;
  readonly b: string;
  /** Whether both have the same names, element types, shapes and numbers. */
  readonly ok: boolean;
  readonly onlyA: readonly string[];
  readonly onlyB: readonly string[];
  /** Names of both whose element type or shape differs. */
  readonly types: readonly TypeDifference[];
  /**
   * Tensors of both with the same shape whose numbers differ, the furthest apart first. The distance is NaN (null in
   * JSON) where only one has a number, and for types that have none here.
   */
  readonly values: readonly ValueDifference[];
  /** Tensors of both with the same shape and the same numbers. */
  readonly same: number;
  /** Notes on how the files were read. */
  readonly notes: readonly string[];
}

export interface TypeDifference {
  readonly name: string;
  readonly a: TensorTypeText;
  readonly b: TensorTypeText;
}

export interface TensorTypeText {
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface ValueDifference extends TensorDistance {
  readonly name: string;
}

/**
 * Compares two files of weights by name. `weightsKey` selects one of several state dicts in a checkpoint.
 *
 * Errors: `InputError` for a file that can't be read, has an unknown format, or is damaged.
 */
export function diffWeights(a: string, b: string, weightsKey?: string): WeightsDiff {
  const first = openWeights(a, weightsKey);
  try {
    const second = openWeights(b, weightsKey);
    try {
      const notes = [...(first.notes ?? []), ...(second.notes ?? [])];
      return { a, b, ...compareSources(first, second), notes };
    } finally {
      second.close();
    }
  } finally {
    first.close();
  }
}

function compareSources(a: TensorSource, b: TensorSource): Omit<WeightsDiff, "a" | "b" | "notes"> {
  const onlyA = [...a.tensors.keys()].filter((name) => !b.tensors.has(name));
  const onlyB = [...b.tensors.keys()].filter((name) => !a.tensors.has(name));
  const types: TypeDifference[] = [];
  const values: ValueDifference[] = [];
  let same = 0;
  for (const [name, left] of a.tensors) {
    const right = b.tensors.get(name);
    if (right === undefined) continue;
    const sameShape = sameDims(left.dims, right.dims);
    if (!sameShape || left.dtype !== right.dtype) types.push({ name, a: typeText(left), b: typeText(right) });
    if (!sameShape) continue;
    if (sameBytes(left, right)) same++;
    else {
      const distance =
        hasNumbers(left.dtype) && hasNumbers(right.dtype)
          ? distanceOf(exactNumbers(left, a.file), exactNumbers(right, b.file))
          : { maxAbs: Number.NaN, cosine: Number.NaN };
      const { dtype } = left;
      const wide = dtype === right.dtype && (dtype === "I64" || dtype === "U64");
      // Beyond 2^53 float64 may round two integers to one; other bytes are other integers, at least 1 apart.
      if (wide) values.push({ name, ...distance, maxAbs: Math.max(1, distance.maxAbs) });
      // Zeros of either sign, and the NaNs of other bits, are the same numbers in other bytes.
      else if (distance.maxAbs === 0) same++;
      else values.push({ name, ...distance });
    }
  }
  // NaN is further apart than any number.
  const size = ({ maxAbs }: ValueDifference): number => (Number.isNaN(maxAbs) ? Infinity : maxAbs);
  values.sort((x, y) => (size(x) === size(y) ? 0 : size(y) - size(x)));
  const ok = onlyA.length + onlyB.length + types.length + values.length === 0;
  return { ok, onlyA, onlyB, types, values, same };
}

function typeText({ dtype, dims }: StoredTensor): TensorTypeText {
  return { dtype, shape: dims };
}

const PIECE_BYTES = 1 << 16;

function sameBytes(a: StoredTensor, b: StoredTensor): boolean {
  if (a.dtype !== b.dtype) return false;
  const size = Math.min(a.byteLength, PIECE_BYTES);
  const [left, right] = [new Uint8Array(size), new Uint8Array(size)];
  for (let offset = 0; offset < a.byteLength; offset += size) {
    const count = Math.min(size, a.byteLength - offset);
    a.readInto(left.subarray(0, count), offset);
    b.readInto(right.subarray(0, count), offset);
    if (Buffer.compare(left.subarray(0, count), right.subarray(0, count)) !== 0) return false;
  }
  return true;
}
