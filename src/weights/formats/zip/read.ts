import {
  type ByteRange,
  compareBytes,
  type OpenFile,
  piecesOfRange,
  rangeOf,
  readRange,
} from "../../../base/bytes.js";
import { InputError } from "../../../base/diagnostic.js";
import { quoteName } from "../../../base/visible-text.js";
import { LatestStreams } from "../latest.js";
import { readDirectory, type ZipEntry, ZipProblem } from "./directory.js";

/** What reading an archive takes of the system. */
export interface Unpacking {
  /** The CRC-32 of bytes, after that of the bytes before them; 0 before any. */
  crc32(bytes: Uint8Array, before: number): number;
  /** Begins to inflate something that is deflated, without a header. */
  inflate(): Inflater;
}

interface Inflater {
  /** What comes out of the next bytes at once, and what is wrong with them, in words. */
  push(packed: Uint8Array): { readonly pieces: readonly Uint8Array[]; readonly problem: string | undefined };
  close(): void;
}

/**
 * The files in a zip archive, by name. Those that are stored are read where they stand, deflated ones as streams. The checksum of a stored
 * one is checked before any of it is used, that of a deflated one when its end is read.
 *
 * Errors: `InputError` for what is broken, encrypted or compressed in another way.
 */
export function readZip(file: OpenFile, unpacking: Unpacking): ReadonlyMap<string, ByteRange> {
  return located(file.file, () => {
    const starts = readDirectory(file).map((entry) => ({ entry, start: dataStart(file, entry) }));
    refuseOverlaps(starts);
    const streams = new LatestStreams();
    return new Map(
      starts.map(({ entry, start }) => [entry.name, contentOf(file, entry, start, streams, unpacking)]),
    );
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
function dataStart(file: OpenFile, { name, nameBytes, headerOffset, compressedSize }: ZipEntry): number {
  const end = headerOffset + LOCAL_HEADER_BYTES;
  if (end > file.size) throw new ZipProblem(`${quoteName(name)} begins past the end of the file`);
  const view = new DataView(file.read(headerOffset, LOCAL_HEADER_BYTES).buffer);
  if (view.getUint32(0, true) !== LOCAL_HEADER)
    throw new ZipProblem(`${quoteName(name)} has no header at its place`);
  const nameLength = view.getUint16(26, true);
  const start = end + nameLength + view.getUint16(28, true);
  if (start + compressedSize > file.size)
    throw new ZipProblem(`${quoteName(name)} ends past the end of the file`);
  if (compareBytes(file.read(end, nameLength), nameBytes) !== 0) {
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

function contentOf(
  file: OpenFile,
  entry: ZipEntry,
  start: number,
  streams: LatestStreams,
  unpacking: Unpacking,
): ByteRange {
  const packed = rangeOf(file, start, entry.compressedSize);
  const content =
    entry.method === "stored"
      ? checkedRange(packed, entry, unpacking)
      : streams.range(entry.size, () => inflated(packed, entry, unpacking));
  return {
    size: entry.size,
    readInto: (target, at) => located(file.file, () => content.readInto(target, at)),
  };
}

/** Bytes that are read for a checksum at a time. */
const PIECE_BYTES = 1 << 16;

/** What is stored, after its checksum was found right: that is when some of it is read for the first time. */
function checkedRange(stored: ByteRange, { name, crc, size }: ZipEntry, { crc32 }: Unpacking): ByteRange {
  let checked = false;
  const check = (): void => {
    let found = 0;
    for (const piece of piecesOfRange(stored, PIECE_BYTES)) found = crc32(piece, found);
    if (found !== crc) throw damaged(name);
    checked = true;
  };
  return {
    size,
    readInto(target, offset) {
      if (!checked) check();
      stored.readInto(target, offset);
    },
  };
}

/** Deflated bytes that are inflated at a time: few at first, for who reads a header only. Deflate makes of them up to 1032 times as many. */
const [FIRST_PACKED_BYTES, MOST_PACKED_BYTES] = [1 << 8, 1 << 12];

/** What is deflated, in pieces from the beginning on. Their number and checksum are found right, or it ends with a `ZipProblem`. */
function* inflated(
  packed: ByteRange,
  { name, size, crc }: ZipEntry,
  { crc32, inflate }: Unpacking,
): Generator<Uint8Array> {
  const inflater = inflate();
  let problem: string | undefined;
  try {
    let [made, checksum, at] = [0, 0, 0];
    for (let step = FIRST_PACKED_BYTES; at < packed.size && made <= size && problem === undefined; ) {
      const part = readRange(packed, at, Math.min(step, packed.size - at));
      at += part.length;
      step = Math.min(2 * step, MOST_PACKED_BYTES);
      const pushed = inflater.push(part);
      problem = pushed.problem;
      for (const piece of pushed.pieces) {
        made += piece.length;
        checksum = crc32(piece, checksum);
        if (made === size && checksum !== crc) throw damaged(name);
        if (made <= size) yield piece;
      }
    }
    if (problem !== undefined) throw new ZipProblem(`${quoteName(name)} can't be inflated: ${problem}`);
    if (made > size)
      throw new ZipProblem(`${quoteName(name)} has more than the ${size} bytes that the archive says`);
    if (made < size) throw new ZipProblem(`${quoteName(name)} has ${made} bytes, the archive says ${size}`);
  } finally {
    inflater.close();
  }
}

function damaged(name: string): ZipProblem {
  return new ZipProblem(`${quoteName(name)} is damaged: its checksum differs`);
}
