import type { OpenFile } from "../../../base/bytes.js";
import { quoteName } from "../../../base/visible-text.js";

/** A file in a zip archive, as the directory at the archive's end describes it. */
export interface ZipEntry {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  readonly method: "stored" | "deflated";
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  /** Where its own header begins. */
  readonly headerOffset: number;
}

/** What is wrong with an archive, in words; the caller knows the file. */
export class ZipProblem extends Error {
  override readonly name = "ZipProblem";
}

const END_RECORD = 0x06054b50;
const END_RECORD_BYTES = 22;
const LONGEST_COMMENT = 0xffff;
const END_LOCATOR_64 = 0x07064b50;
const END_LOCATOR_64_BYTES = 20;
const END_RECORD_64 = 0x06064b50;
const END_RECORD_64_BYTES = 56;
const ENTRY = 0x02014b50;
const ENTRY_BYTES = 46;
const ZIP64_FIELD = 1;
/** In a field of that width: the number stands in the zip64 field. */
const IN_ZIP64_16 = 0xffff;
const IN_ZIP64_32 = 0xffffffff;
/** Deflate makes of one byte at most this many. */
const LARGEST_RATIO = 1032;
const ENCRYPTED_FLAG = 1;
/** That of a million files. */
const LONGEST_DIRECTORY = 100_000_000;

/**
 * Reads the directory of a zip archive, zip64 as well. Folders are left out. Throws `ZipProblem`.
 *
 * Source: PKWARE's APPNOTE.TXT, sections 4.3 and 4.5.3
 */
export function readDirectory(file: OpenFile): readonly ZipEntry[] {
  const { entries: count, size, offset } = findDirectory(file);
  if (!Number.isSafeInteger(offset + size) || offset + size > file.size) {
    throw new ZipProblem("its directory lies past the end of the file");
  }
  if (size > LONGEST_DIRECTORY) {
    throw new ZipProblem(`its directory has ${size} bytes; at most ${LONGEST_DIRECTORY} are read`);
  }
  if (count * ENTRY_BYTES > size) throw new ZipProblem(`its directory is too small for ${count} entries`);
  const bytes = file.read(offset, size);
  const view = viewOf(bytes);
  const found = new Map<string, ZipEntry>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY_BYTES > size || view.getUint32(at, true) !== ENTRY) {
      throw new ZipProblem(`its directory is broken at entry ${i + 1} of ${count}`);
    }
    const nameEnd = at + ENTRY_BYTES + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > size) throw new ZipProblem(`its directory is broken at entry ${i + 1} of ${count}`);
    const nameBytes = bytes.subarray(at + ENTRY_BYTES, nameEnd);
    const entry = parseEntry(
      viewOf(bytes.subarray(at, at + ENTRY_BYTES)),
      nameBytes,
      viewOf(bytes.subarray(nameEnd, extraEnd)),
    );
    if (found.has(entry.name)) throw new ZipProblem(`${quoteName(entry.name)} is there twice`);
    if (entry.headerOffset + entry.compressedSize > offset) {
      throw new ZipProblem(`${quoteName(entry.name)} ends past the beginning of the directory`);
    }
    found.set(entry.name, entry);
    at = end;
  }
  return [...found.values()].filter(({ name }) => !name.endsWith("/"));
}

function parseEntry(fixed: DataView, nameBytes: Uint8Array, extra: DataView): ZipEntry {
  const name = new TextDecoder("utf-8", { ignoreBOM: true }).decode(nameBytes);
  const quoted = quoteName(name);
  if ((fixed.getUint16(8, true) & ENCRYPTED_FLAG) !== 0) throw new ZipProblem(`${quoted} is encrypted`);
  const method = fixed.getUint16(10, true);
  if (method !== 0 && method !== 8) {
    throw new ZipProblem(`${quoted} is compressed by method ${method}; stored and deflated files are read`);
  }
  const wide = zip64Numbers(extra);
  const number = (narrow: number): number => {
    if (narrow !== IN_ZIP64_32) return narrow;
    const next = wide.shift();
    if (next === undefined || !Number.isSafeInteger(next))
      throw new ZipProblem(`${quoted} has no readable size`);
    return next;
  };
  // The zip64 field has those of the numbers that need it, in this order.
  const size = number(fixed.getUint32(24, true));
  const compressedSize = number(fixed.getUint32(20, true));
  const headerOffset = number(fixed.getUint32(42, true));
  if (method === 0 && size !== compressedSize) throw new ZipProblem(`${quoted} has two different sizes`);
  if (size > compressedSize * LARGEST_RATIO)
    throw new ZipProblem(`${quoted} claims to unpack to ${size} bytes`);
  const crc = fixed.getUint32(16, true);
  return {
    name,
    nameBytes,
    method: method === 0 ? "stored" : "deflated",
    crc,
    compressedSize,
    size,
    headerOffset,
  };
}

/** The numbers of the zip64 field, if an entry has one. */
function zip64Numbers(extra: DataView): number[] {
  for (let at = 0; at + 4 <= extra.byteLength; ) {
    const end = at + 4 + extra.getUint16(at + 2, true);
    if (end > extra.byteLength) break;
    if (extra.getUint16(at, true) === ZIP64_FIELD) {
      const numbers: number[] = [];
      for (let word = at + 4; word + 8 <= end; word += 8)
        numbers.push(Number(extra.getBigUint64(word, true)));
      return numbers;
    }
    at = end;
  }
  return [];
}

interface Directory {
  readonly entries: number;
  readonly size: number;
  readonly offset: number;
}

/** The directory's offset stands at the end of the file, before a comment that may follow. */
function findDirectory(file: OpenFile): Directory {
  const tailStart = Math.max(0, file.size - END_RECORD_BYTES - LONGEST_COMMENT);
  const tail = viewOf(file.read(tailStart, file.size - tailStart));
  for (let at = tail.byteLength - END_RECORD_BYTES; at >= 0; at--) {
    const isEnd = tail.getUint32(at, true) === END_RECORD;
    if (!isEnd || at + END_RECORD_BYTES + tail.getUint16(at + 20, true) !== tail.byteLength) continue;
    if (tail.getUint16(at + 4, true) !== 0) throw new ZipProblem("it is one part of an archive in several");
    const entries = tail.getUint16(at + 10, true);
    const size = tail.getUint32(at + 12, true);
    const offset = tail.getUint32(at + 16, true);
    const wide = entries === IN_ZIP64_16 || size === IN_ZIP64_32 || offset === IN_ZIP64_32;
    return wide ? findDirectory64(file, tailStart + at) : { entries, size, offset };
  }
  throw new ZipProblem("its directory is missing; the file may be cut short");
}

function findDirectory64(file: OpenFile, endRecord: number): Directory {
  const broken = new ZipProblem("its zip64 directory is missing");
  const locatorStart = endRecord - END_LOCATOR_64_BYTES;
  if (locatorStart < 0) throw broken;
  const locator = viewOf(file.read(locatorStart, END_LOCATOR_64_BYTES));
  const recordStart = Number(locator.getBigUint64(8, true));
  if (locator.getUint32(0, true) !== END_LOCATOR_64 || recordStart + END_RECORD_64_BYTES > locatorStart)
    throw broken;
  const record = viewOf(file.read(recordStart, END_RECORD_64_BYTES));
  if (record.getUint32(0, true) !== END_RECORD_64) throw broken;
  const [entries, size, offset] = [32, 40, 48].map((at) => Number(record.getBigUint64(at, true)));
  return { entries: entries as number, size: size as number, offset: offset as number };
}

function viewOf({ buffer, byteOffset, length }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, length);
}
