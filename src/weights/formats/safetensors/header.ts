import { MOST_PROBLEMS } from "../../../base/diagnostic.js";
import { isUnicode, quoteName } from "../../../base/visible-text.js";
import { FILE_DTYPE_NAMES, type FileDType, fileByteCount, isFileDType } from "../file-dtypes.js";
import { type HeaderEntry, HeaderProblem, readHeaderSyntax } from "./header-syntax.js";

/**
 * The header of a safetensors file: after eight bytes with its length, little-endian, JSON that names each
 * tensor's type, sizes and offsets among the bytes that follow.
 *
 *     {"__metadata__": {"format": "pt"}, "fc.bias": {"dtype": "F32", "shape": [10], "data_offsets": [0, 40]}}
 *
 * Source: https://github.com/safetensors/safetensors#format
 */
export interface SafetensorsHeader {
  readonly tensors: readonly HeaderTensor[];
  readonly metadata: ReadonlyMap<string, string>;
}

export interface HeaderTensor {
  readonly name: string;
  readonly dtype: FileDType;
  readonly dims: readonly number[];
  /** Where its bytes begin and end, from the end of the header on. */
  readonly begin: number;
  readonly end: number;
}

/** A longer header is refused, as by the reference implementation. */
export const LONGEST_HEADER = 100_000_000;

/**
 * Reads a header's text; `dataBytes` follow it in the file. The tensors come in the order of their bytes, which
 * they must share out without a gap or an overlap.
 *
 * Gives all problems, in words, if there are any.
 */
export function parseHeader(
  json: string,
  dataBytes: number,
): { readonly header: SafetensorsHeader } | { readonly problems: readonly string[] } {
  try {
    const { entries, metadata } = readHeaderSyntax(json);
    const problems: string[] = [];
    const tensors: HeaderTensor[] = [];
    for (const entry of entries) {
      const tensor = checkEntry(entry);
      if (typeof tensor !== "string") tensors.push(tensor);
      else problems.push(`${quoteName(entry.name)}: ${tensor}`);
      if (problems.length === MOST_PROBLEMS) break;
    }
    tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
    // Where an entry is wrong its offsets are unknown: what looks like a gap may be that.
    if (problems.length === 0) problems.push(...offsetProblems(tensors, dataBytes));
    return problems.length === 0 ? { header: { tensors, metadata } } : { problems };
  } catch (error) {
    if (!(error instanceof HeaderProblem)) throw error;
    return { problems: [error.message] };
  }
}

/** The tensor, or what is wrong with its entry. */
function checkEntry({ name, dtype, shape, offsets }: HeaderEntry): HeaderTensor | string {
  if (!isUnicode(name)) return "its name is no Unicode text";
  if (!isFileDType(dtype))
    return `its dtype is ${quoteName(dtype)}, known are ${FILE_DTYPE_NAMES.join(", ")}`;
  const [begin, end] = offsets;
  if (begin === undefined || end === undefined || offsets.length > 2)
    return "its data_offsets must be two numbers";
  if (end < begin) return `its data_offsets end at ${end}, before they begin at ${begin}`;
  const type = `${dtype} of [${shape.join(", ")}]`;
  const expected = fileByteCount(shape, dtype);
  if (expected === undefined) return `${type} is too large, or no whole number of bytes`;
  if (end - begin !== expected) return `its data_offsets span ${end - begin} bytes, ${type} has ${expected}`;
  return { name, dtype, dims: shape, begin, end };
}

/** Gaps, overlaps, and data past the end or left over. */
function offsetProblems(tensors: readonly HeaderTensor[], dataBytes: number): readonly string[] {
  const problems: string[] = [];
  let last = 0;
  for (const { name, begin, end } of tensors) {
    const wrong =
      end > dataBytes
        ? `its data ends at byte ${end} of ${dataBytes}; the file may be cut short`
        : begin < last
          ? `its data begins at byte ${begin}, inside of another tensor's, which ends at ${last}`
          : begin > last
            ? `its data begins at byte ${begin}; the ${begin - last} before it belong to no tensor`
            : undefined;
    if (wrong !== undefined) problems.push(`${quoteName(name)}: ${wrong}`);
    if (problems.length === MOST_PROBLEMS) return problems;
    last = Math.max(last, end);
  }
  if (last < dataBytes) problems.push(`its last ${dataBytes - last} bytes belong to no tensor`);
  return problems;
}
