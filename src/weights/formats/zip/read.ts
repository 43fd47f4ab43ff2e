import { crc32 } from "node:zlib";
import { InflateRaw } from "minizlib";
import { type ByteRange, rangeOf } from "../../../base/bytes.js";
import { InputError } from "../../../base/diagnostic.js";
import type { RandomAccessFile } from "../../../files/random-access-file.js";
import { quoteName } from "../tensor-name.js";
import { readDirectory, type ZipEntry, ZipProblem } from "./directory.js";
import { LatestStreams } from "./latest-streams.js";

/**
 * The files in a zip archive, by name. Those that are stored are read in place, deflated ones as streams. The checksum of a stored
 * one is checked before any of it is used, that of a deflated one when its end is read.
 *
 * Errors: `InputError` for what is broken, encrypted or compressed in another way.
 */
export function readZip(file: RandomAccessFile): ReadonlyMap<string, ByteRange> {
  return located(file.file, () => {
    const starts = readDirectory(file).map((entry) => ({ entry, start: dataStart(file, entry) }));
    refuseOverlaps(starts);
    const streams = new LatestStreams();
    return new Map(starts.map(({ entry, start }) => [entry.name, contentOf(file, entry, start, streams)]));
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

function contentOf(
  file: RandomAccessFile,
  entry: ZipEntry,
  start: number,
  streams: LatestStreams,
): ByteRange {
  const packed = rangeOf(file, start, entry.compressedSize);
  const content =
    entry.method === "stored"
      ? checkedRange(packed, entry)
      : streams.range(entry.size, () => inflated(packed, entry));
  return {
    size: entry.size,
    readInto: (target, at) => located(file.file, () => content.readInto(target, at)),
  };
}

/** Bytes that are read for a checksum at a time. */
const PIECE_BYTES = 1 << 16;

/** What is stored, after its checksum was found right: that is when some of it is read for the first time. */
function checkedRange(stored: ByteRange, { name, crc, size }: ZipEntry): ByteRange {
  let checked = false;
  const check = (): void => {
    const piece = new Uint8Array(Math.min(PIECE_BYTES, size));
    let found = 0;
    for (let at = 0; at < size; at += piece.length) {
      const part = piece.subarray(0, Math.min(piece.length, size - at));
      stored.readInto(part, at);
      found = crc32(part, found);
    }
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
function* inflated(packed: ByteRange, { name, size, crc }: ZipEntry): Generator<Uint8Array> {
  const stream = new InflateRaw({});
  const pieces: Uint8Array[] = [];
  let problem: string | undefined;
  stream.on("data", (piece: Uint8Array) => pieces.push(piece));
  stream.on("error", (error: unknown) => {
    problem = error instanceof Error ? error.message : String(error);
  });
  try {
    let [made, checksum, at] = [0, 0, 0];
    for (let step = FIRST_PACKED_BYTES; at < packed.size && made <= size && problem === undefined; ) {
      const part = Buffer.alloc(Math.min(step, packed.size - at));
      packed.readInto(part, at);
      at += part.length;
      step = Math.min(2 * step, MOST_PACKED_BYTES);
      stream.write(part);
      for (const piece of pieces.splice(0)) {
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
    stream.close();
  }
}

function damaged(name: string): ZipProblem {
  return new ZipProblem(`${quoteName(name)} is damaged: its checksum differs`);
}
