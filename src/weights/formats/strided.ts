import { elementCount } from "../../ir/types.js";

/** How the elements of a tensor lie in memory: element [i, j, ...] at offset + i * strides[0] + j * strides[1] ... */
export interface Layout {
  readonly dims: readonly number[];
  /** In elements. */
  readonly strides: readonly number[];
}

/** The strides of a tensor that lies row by row. */
export function rowMajorStrides(dims: readonly number[]): readonly number[] {
  return dims.map((_, axis) => elementCount(dims.slice(axis + 1)));
}

/** The strides of a tensor whose first axis is the nearest in memory. */
export function columnMajorStrides(dims: readonly number[]): readonly number[] {
  return dims.map((_, axis) => elementCount(dims.slice(0, axis)));
}

/** Whether the elements lie row by row without a gap. The strides of axes of size 1 don't matter. */
export function isRowMajor({ dims, strides }: Layout): boolean {
  const usual = rowMajorStrides(dims);
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
export function gatherBytes(
  memory: Uint8Array,
  { dims, strides }: Layout,
  elementBytes: number,
  target: Uint8Array,
  offset: number,
): void {
  const usual = rowMajorStrides(dims);
  for (let done = 0; done < target.length; ) {
    const byte = offset + done;
    const inElement = byte % elementBytes;
    let index = (byte - inElement) / elementBytes;
    let place = 0;
    for (let axis = 0; axis < dims.length; axis++) {
      const step = usual[axis] as number;
      const at = Math.floor(index / step);
      place += at * (strides[axis] as number);
      index -= at * step;
    }
    const count = Math.min(elementBytes - inElement, target.length - done);
    const from = place * elementBytes + inElement;
    target.set(memory.subarray(from, from + count), done);
    done += count;
  }
}
