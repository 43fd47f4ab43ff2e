import { fromFloat16Bits } from "../../base/float16.js";

interface FileDTypeInfo {
  /** Bits that one element takes. */
  readonly bits: number;
  /** The elements of a view that lie from byte 0 on, as numbers. Absent where a number can't hold them. */
  readonly at?: (view: DataView, index: number) => number;
}

/**
 * The element types of weight files under the names of safetensors, in its own order; its writer puts the tensors
 * of the last one first. Source: https://docs.rs/safetensors/0.8.0/safetensors/tensor/enum.Dtype.html
 */
export const FILE_DTYPES = {
  BOOL: { bits: 8, at: (view, i) => (view.getUint8(i) === 0 ? 0 : 1) },
  F4: { bits: 4 },
  F6_E2M3: { bits: 6 },
  F6_E3M2: { bits: 6 },
  U8: { bits: 8, at: (view, i) => view.getUint8(i) },
  I8: { bits: 8, at: (view, i) => view.getInt8(i) },
  F8_E5M2: { bits: 8 },
  F8_E4M3: { bits: 8 },
  F8_E8M0: { bits: 8 },
  F8_E4M3FNUZ: { bits: 8 },
  F8_E5M2FNUZ: { bits: 8 },
  I16: { bits: 16, at: (view, i) => view.getInt16(2 * i, true) },
  U16: { bits: 16, at: (view, i) => view.getUint16(2 * i, true) },
  F16: { bits: 16, at: (view, i) => fromFloat16Bits(view.getUint16(2 * i, true)) },
  BF16: { bits: 16, at: (view, i) => fromBfloat16Bits(view.getUint16(2 * i, true)) },
  I32: { bits: 32, at: (view, i) => view.getInt32(4 * i, true) },
  U32: { bits: 32, at: (view, i) => view.getUint32(4 * i, true) },
  F32: { bits: 32, at: (view, i) => view.getFloat32(4 * i, true) },
  C64: { bits: 64 },
  F64: { bits: 64, at: (view, i) => view.getFloat64(8 * i, true) },
  I64: { bits: 64, at: (view, i) => Number(view.getBigInt64(8 * i, true)) },
  U64: { bits: 64, at: (view, i) => Number(view.getBigUint64(8 * i, true)) },
} as const satisfies Readonly<Record<string, FileDTypeInfo>>;

export type FileDType = keyof typeof FILE_DTYPES;

export const FILE_DTYPE_NAMES = Object.keys(FILE_DTYPES) as readonly FileDType[];

export function isFileDType(name: unknown): name is FileDType {
  return typeof name === "string" && Object.hasOwn(FILE_DTYPES, name);
}

/** Whether the elements can be read as numbers; those of the others are only listed and copied. */
export function hasNumbers(dtype: FileDType): boolean {
  return elementReader(dtype) !== undefined;
}

/** The element as a number, by type; undefined for types without numbers here. */
export function elementReader(dtype: FileDType): FileDTypeInfo["at"] {
  const info: FileDTypeInfo = FILE_DTYPES[dtype];
  return info.at;
}

/**
 * The bytes that a tensor takes in a file. Undefined for more than 2^53 - 1 elements or bits, and where elements
 * of less than a byte don't fill the last one.
 */
export function fileByteCount(dims: readonly number[], dtype: FileDType): number | undefined {
  let bits: number = FILE_DTYPES[dtype].bits;
  for (const dim of dims) {
    bits *= dim;
    if (!Number.isSafeInteger(bits)) return undefined;
  }
  return bits % 8 === 0 ? bits / 8 : undefined;
}

const bfloat16 = new DataView(new ArrayBuffer(4));

/** A bfloat16 is the upper half of a float32. */
function fromBfloat16Bits(bits: number): number {
  bfloat16.setUint32(0, bits * 0x10000);
  return bfloat16.getFloat32(0);
}
