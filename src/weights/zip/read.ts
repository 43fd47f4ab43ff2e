import { crc32, inflateRawSync } from "node:zlib";
import { InputError } from "../../base/diagnostic.js";
import { type ByteRange, type RandomAccessFile, rangeOf } from "../../base/random-access-file.js";
import type { LatestBytes } from "../latest-bytes.js";
import { quoteName } from "../tensor-name.js";
import { readDirectory, type ZipEntry, ZipProblem } from "./directory.js";

/**
 * The files in a zip archive, by name. Those that are stored are read in place; deflated ones are inflated as a
 * whole, and held as long as they are the latest.
 *
 * Errors: `InputError` for what is broken, encrypted or compressed in another way.
 */
export function readZip(file: RandomAccessFile, latest: LatestBytes): ReadonlyMap<string, ByteRange> {
  return located(file.file, () => {
    const starts = readDirectory(file).map((entry) => ({ entry, start: dataStart(file, entry) }));
    refuseOverlaps(starts);
    return new Map(starts.map(({ entry, start }) => [entry.name, contentOf(file, entry, start, latest)]));
  });
}

function located<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof ZipProblem)) throw error;
    throw InputError.of("weights/zip", `${file} is a zip archive that can't be read: ${error.message}`, {
      file,
      hint: "download or write it again; archives as zip, NumPy and PyTorch write them are read",
    });
  }
}

const LOCAL_HEADER_BYTES = 30;
const LOCAL_HEADER = 0x04034b50;

/** Where the bytes of an entry begin: its own header repeats the name and may have other extra fields. */
function dataStart(
  file: RandomAccessFile,
  { name, nameBytes, headerOffset, compressedSize }: ZipEntry,
): number {
  const end = headerOffset + LOCAL_HEADER_BYTES;
  if (end > file.size) throw new ZipProblem(`${quoteName(name)} begins past the end of the file`);
  const view = new DataView(file.read(headerOffset, LOCAL_HEADER_BYTES).buffer);
  if (view.getUint32(0, true) !== LOCAL_HEADER)
    throw new ZipProblem(`${quoteName(name)} has no header at its place`);
  const nameLength = view.getUint16(26, true);
  const start = end + nameLength + view.getUint16(28, true);
  if (start + compressedSize > file.size)
    throw new ZipProblem(`${quoteName(name)} ends past the end of the file`);
  if (Buffer.compare(file.read(end, nameLength), nameBytes) !== 0) {
    throw new ZipProblem(`${quoteName(name)} has another name in its own header`);
  }
  return start;
}

/** Entries that share bytes make a small archive unpack to a huge one. */
function refuseOverlaps(starts: readonly { readonly entry: ZipEntry; readonly start: number }[]): void {
  const sorted = [...starts].sort((a, b) => a.entry.headerOffset - b.entry.headerOffset);
  let end = 0;
  for (const { entry, start } of sorted) {
    if (entry.headerOffset < end) throw new ZipProblem(`${quoteName(entry.name)} overlaps another entry`);
    end = start + entry.compressedSize;
  }
}

function contentOf(file: RandomAccessFile, entry: ZipEntry, start: number, latest: LatestBytes): ByteRange {
  const packed = rangeOf(file, start, entry.compressedSize);
  if (entry.method === "stored") return packed;
  const load = (): Uint8Array =>
    located(file.file, () => inflate(file.read(start, entry.compressedSize), entry));
  return {
    size: entry.size,
    readInto: (target, offset) => target.set(latest.of(entry, load).subarray(offset, offset + target.length)),
  };
}

function inflate(packed: Uint8Array, { name, size, crc }: ZipEntry): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = inflateRawSync(packed, { maxOutputLength: Math.max(1, size) });
  } catch (error) {
    throw new ZipProblem(`${quoteName(name)} can't be inflated: ${(error as Error).message}`);
  }
  if (bytes.length !== size) {
    throw new ZipProblem(`${quoteName(name)} has ${bytes.length} bytes, the archive says ${size}`);
  }
  if (crc32(bytes) !== crc) throw new ZipProblem(`${quoteName(name)} is damaged: its checksum differs`);
  return bytes;
}
