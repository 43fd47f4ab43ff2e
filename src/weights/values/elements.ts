import { ELEMENT_BYTES, type NumberDType } from "../../ir/types.js";
import { encodeHalf } from "./half.js";

/** Numbers that are made, read or measured at a time: few enough to stay in the processor's cache. */
export const PIECE_ELEMENTS = 16384;

// Files hold little-endian numbers. So do the typed arrays of every platform that ONNX Runtime is built for.

/**
 * Numbers as the bytes of a file, each rounded to the nearest of the element type; for float16 to the nearest that
 * is finite. The bytes are new memory, or for float32 that of `scratch`, which must be large enough: megabytes of
 * short-lived arrays are slow.
 */
export function encodeElements(
  values: ArrayLike<number>,
  dtype: NumberDType,
  scratch?: Float32Array,
): Uint8Array {
  switch (dtype) {
    case "float32": {
      if (scratch === undefined) return bytesOf(new Float32Array(values));
      const rounded = scratch.subarray(0, values.length);
      rounded.set(values);
      return bytesOf(rounded);
    }
    case "float16":
      return bytesOf(encodeHalf(values));
    case "int32":
      return bytesOf(Int32Array.from(values));
    case "int64":
      return bytesOf(BigInt64Array.from(Array.from(values, BigInt)));
  }
}

export function byteCount(dims: readonly number[], dtype: NumberDType): number {
  return dims.reduce((product, dim) => product * dim, ELEMENT_BYTES[dtype]);
}

/** The memory of an array as the bytes of a file. */
export function bytesOf(values: Float32Array | Uint16Array | Int32Array | BigInt64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
