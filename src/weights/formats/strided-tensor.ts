import type { ByteRange } from "../../base/bytes.js";
import { FILE_DTYPES, type FileDType } from "./file-dtypes.js";
import type { LatestBytes } from "./latest-bytes.js";
import { extentOf, gatherBytes, isRowMajor, type Layout } from "./strided.js";
import type { StoredTensor } from "./tensor-source.js";

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
  if (isRowMajor(tensor)) {
    return {
      name,
      dtype,
      dims,
      byteLength,
      readInto: (target, offset) => range.readInto(target, start + offset),
    };
  }
  const elementBytes = FILE_DTYPES[dtype].bits / 8;
  const key = Symbol(name);
  const load = (): Uint8Array => {
    const bytes = new Uint8Array(extentOf(tensor) * elementBytes);
    range.readInto(bytes, start);
    return bytes;
  };
  return {
    name,
    dtype,
    dims,
    byteLength,
    readInto: (target, offset) => gatherBytes(latest.of(key, load), tensor, elementBytes, target, offset),
  };
}
