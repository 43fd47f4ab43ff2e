import { type ByteRange, latin1, readRange, utf8 } from "../../../base/bytes.js";
import type { FileDType } from "../file-dtypes.js";

/** What the head of an .npy file says. */
export interface NpyHeader {
  readonly dtype: NpyDType;
  /** Columns first, as Fortran stores matrices. */
  readonly fortranOrder: boolean;
  readonly dims: readonly number[];
}

const MAGIC = [0x93, ...utf8("NUMPY")];
/** Bytes before the header's length: the magic and the version. */
const NPY_PREFIX_BYTES = 8;
/** NumPy writes some hundred bytes; a header of a structured type may have more. */
const LONGEST_HEADER = 65_536;

/** NumPy has no arrays of more. */
const MOST_AXES = 64;

/** NumPy's words for the element types. */
const DTYPES = {
  "<f2": "F16",
  "<f4": "F32",
  "<f8": "F64",
  "|i1": "I8",
  "<i2": "I16",
  "<i4": "I32",
  "<i8": "I64",
  "|u1": "U8",
  "<u2": "U16",
  "<u4": "U32",
  "<u8": "U64",
  "<c8": "C64",
  "|b1": "BOOL",
} as const satisfies Readonly<Record<string, FileDType>>;

/** An element type that an .npy file can have. */
export type NpyDType = (typeof DTYPES)[keyof typeof DTYPES];

export function isNpy(start: Uint8Array): boolean {
  return MAGIC.every((byte, i) => start[i] === byte);
}

/** What an .npy file says wrong of itself, in words; the caller knows the file. */
export class NpyProblem extends Error {
  override readonly name = "NpyProblem";
}

/**
 * Reads the head of an .npy file, and where its numbers begin. Throws `NpyProblem`.
 *
 * Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function readNpyHeader(file: ByteRange): { readonly header: NpyHeader; readonly dataStart: number } {
  const { size } = file;
  const lengthBytes = (version: number): number => (version === 1 ? 2 : 4);
  if (size < NPY_PREFIX_BYTES + 2) throw new NpyProblem("it ends inside of its header");
  const prefix = readRange(file, 0, NPY_PREFIX_BYTES);
  if (!isNpy(prefix)) throw new NpyProblem("it does not begin as .npy files do");
  const version = prefix[6] as number;
  if (version < 1 || version > 3)
    throw new NpyProblem(`it has version ${version} of the format; 1 to 3 are read`);
  const wordEnd = NPY_PREFIX_BYTES + lengthBytes(version);
  if (size < wordEnd) throw new NpyProblem("it ends inside of its header");
  const word = readRange(file, NPY_PREFIX_BYTES, lengthBytes(version));
  const length = word.reduceRight((all, byte) => all * 256 + byte, 0);
  if (length > LONGEST_HEADER || wordEnd + length > size) {
    throw new NpyProblem(
      `its header claims ${length} bytes; the file has ${size}, and at most ${LONGEST_HEADER} are read`,
    );
  }
  const written = readRange(file, wordEnd, length);
  const text =
    version === 3 ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(written) : latin1(written);
  return { header: parseDict(text), dataStart: wordEnd + length };
}

/** `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`: a dict as Python prints it, in any order. */
function parseDict(text: string): NpyHeader {
  const whole = /^\{(.*)\}\s*$/s.exec(text)?.[1];
  if (whole === undefined) throw new NpyProblem("its header is no dict");
  const entries = new Map<string, string>();
  let rest = whole.trim();
  while (rest !== "") {
    const match = /^'(\w+)'\s*:\s*('[^']*'|True|False|\([\d\s,L]*\)|\[.*\])\s*(?:,\s*|$)/s.exec(rest);
    if (match === null)
      throw new NpyProblem(`its header can't be read from ${JSON.stringify(rest.slice(0, 60))} on`);
    const [all, key, value] = match as unknown as [string, string, string];
    if (entries.has(key)) throw new NpyProblem(`its header has ${key} twice`);
    entries.set(key, value);
    rest = rest.slice(all.length);
  }
  const { descr, fortran_order: order, shape } = Object.fromEntries(entries);
  if (entries.size !== 3 || descr === undefined || order === undefined || shape === undefined) {
    throw new NpyProblem(
      `its header must have descr, fortran_order and shape, it has ${[...entries.keys()].join(", ")}`,
    );
  }
  if (!/^(True|False)$/.test(order)) throw new NpyProblem(`its fortran_order is ${order.slice(0, 40)}`);
  return { dtype: dtypeOf(descr), fortranOrder: order === "True", dims: parseShape(shape) };
}

function dtypeOf(descr: string): NpyDType {
  const name = /^'(.*)'$/s.exec(descr)?.[1];
  const dtype =
    name !== undefined && Object.hasOwn(DTYPES, name) ? DTYPES[name as keyof typeof DTYPES] : undefined;
  if (dtype !== undefined) return dtype;
  const why = name?.startsWith(">")
    ? "big-endian numbers are not read"
    : name?.startsWith("|O")
      ? "Python objects are never read"
      : `numbers of ${Object.keys(DTYPES).join(", ")} are read`;
  throw new NpyProblem(`its elements are ${descr.slice(0, 60)}: ${why}`);
}

/** The data of NumPy's own files begins at a multiple of this. */
const ALIGNMENT = 64;
/** NumPy leaves room for a first size of that many digits, so that a file can be appended to. */
const FIRST_SIZE_DIGITS = 21;

/** The head of an .npy file of a row-major array, byte for byte as NumPy writes it in version 1.0 of the format. */
export function npyHeader(dtype: NpyDType, dims: readonly number[]): Uint8Array {
  const descr = Object.entries(DTYPES).find(([, each]) => each === dtype)?.[0];
  const shape = dims.length === 1 ? `(${dims[0]},)` : `(${dims.join(", ")})`;
  const room = dims.length === 0 ? "" : " ".repeat(FIRST_SIZE_DIGITS - String(dims[0]).length);
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }${room}`;
  const start = NPY_PREFIX_BYTES + 2;
  // At least one space, also where the dict would fill the last line by itself.
  const end = (Math.floor((start + dict.length + 1) / ALIGNMENT) + 1) * ALIGNMENT;
  const length = end - start;
  const text = `${dict.padEnd(length - 1)}\n`;
  return Uint8Array.from([...MAGIC, 1, 0, length % 256, length >> 8, ...utf8(text)]);
}

/** `()`, `(3,)`, `(3, 4)`; Python 2 wrote `(3L,)`. */
function parseShape(shape: string): readonly number[] {
  // No two runs of spaces side by side: a match that fails would try every way to share them out.
  const inside = /^\(\s*(?:(\d+L?(?:\s*,\s*\d+L?)*)\s*(?:,\s*)?)?\)$/.exec(shape);
  if (inside === null) throw new NpyProblem(`its shape is ${shape.slice(0, 60)}`);
  const dims = (inside[1] ?? "")
    .split(",")
    .flatMap((part) => (part === "" ? [] : [Number.parseInt(part, 10)]));
  if (dims.length > MOST_AXES || !dims.every(Number.isSafeInteger))
    throw new NpyProblem(`its shape is ${shape.slice(0, 60)}`);
  return dims;
}
