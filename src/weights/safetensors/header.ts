import { FILE_DTYPE_NAMES, type FileDType, fileByteCount, isFileDType } from "../file-dtypes.js";
import { isUnicode, quoteName } from "../tensor-name.js";
import { hiddenProblems } from "./header-json.js";

/**
 * The header of a safetensors file: after eight bytes with its length, little-endian, JSON that names each
 * tensor's type, sizes and place among the bytes that follow.
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

export const METADATA_KEY = "__metadata__";
/** A longer header is refused, as by the reference implementation. */
export const LONGEST_HEADER = 100_000_000;
/** Problems that are listed; a damaged file may have thousands. */
const MOST_PROBLEMS = 20;

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
  if (!json.startsWith("{")) return { problems: ["its header does not begin with {"] };
  let parsed: Readonly<Record<string, unknown>>;
  try {
    parsed = JSON.parse(json);
  } catch (error) {
    return { problems: [`its header is no JSON: ${(error as Error).message.slice(0, 200)}`] };
  }
  const problems: string[] = [...hiddenProblems(json, MOST_PROBLEMS)];
  const tensors: HeaderTensor[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  for (const [name, value] of Object.entries(parsed)) {
    if (problems.length >= MOST_PROBLEMS) break;
    if (name === METADATA_KEY) {
      const entries = Object.entries(isObject(value) ? value : { value });
      if (!isObject(value) || entries.some(([, each]) => typeof each !== "string")) {
        problems.push(`its ${METADATA_KEY} must be an object of strings`);
      } else metadata = new Map(entries as [string, string][]);
      continue;
    }
    const tensor = isUnicode(name) ? parseTensor(name, value) : "its name is no Unicode text";
    if (typeof tensor === "string") problems.push(`${quoteName(name)}: ${tensor}`);
    else tensors.push(tensor);
  }
  tensors.sort((a, b) => a.begin - b.begin || a.end - b.end);
  // Where an entry is unknown its bytes are too: what looks like a gap may be its place.
  if (problems.length === 0) problems.push(...placeProblems(tensors, dataBytes));
  return problems.length === 0
    ? { header: { tensors, metadata } }
    : { problems: problems.slice(0, MOST_PROBLEMS) };
}

const TENSOR_KEYS: readonly string[] = ["dtype", "shape", "data_offsets"];

/** The tensor, or what is wrong with its entry. */
function parseTensor(name: string, value: unknown): HeaderTensor | string {
  if (!isObject(value)) return `it must be an object with ${TENSOR_KEYS.join(", ")}`;
  const { dtype, shape, data_offsets: offsets } = value;
  const unknown = Object.keys(value).find((key) => !TENSOR_KEYS.includes(key));
  if (unknown !== undefined) return `it has an unknown key ${quoteName(unknown)}`;
  if (!isFileDType(dtype)) {
    const given = dtype === undefined ? "missing" : quoteName(String(dtype));
    return `its dtype is ${given}, known are ${FILE_DTYPE_NAMES.join(", ")}`;
  }
  if (!isCounts(shape)) return "its shape must be a list of whole numbers from 0 to 2^53 - 1";
  if (!isCounts(offsets) || offsets.length !== 2) {
    return "its data_offsets must be two whole numbers from 0 to 2^53 - 1";
  }
  const [begin, end] = offsets as [number, number];
  if (end < begin) return `its data_offsets end at ${end}, before they begin at ${begin}`;
  const expected = fileByteCount(shape, dtype);
  if (expected === undefined)
    return `${dtype} of [${shape.slice(0, 8).join(", ")}] is too large, or no whole bytes`;
  if (end - begin !== expected) {
    return `its data_offsets span ${end - begin} bytes, ${dtype} of [${shape.slice(0, 8).join(", ")}] has ${expected}`;
  }
  return { name, dtype, dims: shape, begin, end };
}

/** Gaps, overlaps, and data past the end or left over. */
function placeProblems(tensors: readonly HeaderTensor[], dataBytes: number): readonly string[] {
  const problems: string[] = [];
  let end = 0;
  for (const tensor of tensors) {
    const name = quoteName(tensor.name);
    if (tensor.end > dataBytes) {
      problems.push(
        `${name}: its data ends at byte ${tensor.end} of ${dataBytes}; the file may be cut short`,
      );
    } else if (tensor.begin < end) {
      problems.push(
        `${name}: its data begins at byte ${tensor.begin}, inside of another tensor's, which ends at ${end}`,
      );
    } else if (tensor.begin > end) {
      problems.push(
        `${name}: its data begins at byte ${tensor.begin}; the ${tensor.begin - end} before it belong to no tensor`,
      );
    }
    end = Math.max(end, tensor.end);
  }
  if (end < dataBytes) problems.push(`its last ${dataBytes - end} bytes belong to no tensor`);
  return problems;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}
