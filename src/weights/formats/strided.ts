import { type ByteRange, readRange } from "../../base/bytes.js";
import { elementCount, stridesOf } from "../../ir/types.js";
import { FILE_DTYPES, type FileDType } from "./file-dtypes.js";
import type { LatestBytes } from "./latest.js";
import type { StoredTensor } from "./tensor-source.js";

/** How the elements of a tensor lie in memory: element [i, j, ...] at offset + i * strides[0] + j * strides[1] ... */
export interface Layout {
  readonly dims: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
}

/** The strides of a tensor whose first axis is the nearest in memory. */
export function columnMajorStrides(dims: readonly number[]): readonly number[] {
  return dims.map((_, axis) => elementCount(dims.slice(0, axis)));
}

/** Whether the elements lie row by row without a gap. The strides of axes of size 1 don't matter. */
function isRowMajor({ dims, strides }: Layout): boolean {
  const usual = stridesOf(dims);
  return elementCount(dims) === 0 || dims.every((dim, axis) => dim === 1 || strides[axis] === usual[axis]);
}

/** The elements from the first to the last one in memory, gaps between them included. */
export function extentOf({ dims, strides }: Layout): number {
  if (elementCount(dims) === 0) return 0;
  return dims.reduce((extent, dim, axis) => extent + (dim - 1) * (strides[axis] as number), 1);
}

/**
 * Gathers bytes of a tensor in row-major order: those from `offset` on that `target` has room for, out of the
 * bytes of its whole extent.
 */
function gatherBytes(
  memory: Uint8Array,
  { dims, strides }: Layout,
  elementBytes: number,
  target: Uint8Array,
  offset: number,
): void {
  const usual = stridesOf(dims);
  for (let done = 0; done < target.length; ) {
    const byte = offset + done;
    const inElement = byte % elementBytes;
    let index = (byte - inElement) / elementBytes;
    let element = 0;
    for (let axis = 0; axis < dims.length; axis++) {
      const step = usual[axis] as number;
      const at = Math.floor(index / step);
      element += at * (strides[axis] as number);
      index -= at * step;
    }
    const count = Math.min(elementBytes - inElement, target.length - done);
    const from = element * elementBytes + inElement;
    target.set(memory.subarray(from, from + count), done);
    done += count;
  }
}

/**
 * A tensor of whole bytes per element in some range of bytes, of which it begins at byte `start`; in any order of
 * its axes. One that does not lie row by row is held as long as it is the latest.
 *
 * The caller has checked that its extent lies in the range.
 */
export function stridedTensor(
  tensor: { readonly name: string; readonly dtype: FileDType; readonly byteLength: number } & Layout,
  range: ByteRange,
  start: number,
  latest: LatestBytes,
): StoredTensor {
  const { name, dtype, dims, byteLength } = tensor;
  const common = { name, dtype, dims, byteLength };
  if (isRowMajor(tensor))
    return { ...common, readInto: (target, offset) => range.readInto(target, start + offset) };
  const elementBytes = FILE_DTYPES[dtype].bits / 8;
  const key = Symbol(name);
  const load = () => readRange(range, start, extentOf(tensor) * elementBytes);
  return {
    ...common,
    readInto: (target, offset) => gatherBytes(latest.of(key, load), tensor, elementBytes, target, offset),
  };
}
