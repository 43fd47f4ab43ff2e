/** Bytes that are read at any offset, some at a time: of a file, of a part of one, or at hand. */
export interface ByteRange {
  readonly size: number;
  /** Fills `target` with the bytes from `offset` on. Errors: `InputError` where they end before. */
  readInto(target: Uint8Array, offset: number): void;
}

/** A file that is open for reading. */
export interface OpenFile extends ByteRange {
  /** Its name, for messages. */
  readonly file: string;
  /** `length` bytes from `offset` on. Errors: as of `readInto`, before any memory is taken. */
  read(offset: number, length: number): Uint8Array<ArrayBuffer>;
  close(): void;
}

/** Where the bytes of a file go, in order. */
export interface ByteSink {
  /** Takes the bytes over at once; the caller may reuse their memory as soon as the promise is fulfilled. */
  write(bytes: Uint8Array): Promise<void>;
}

/**
 * Opens a file that another one names as a part of itself, such as the data of a model; undefined for a path that is not beside
 * that file. Throws `NoSuchFile`.
 */
export type OpenBeside<R extends ByteRange = ByteRange> = (location: string) => R | undefined;

/** A file that is not there, or that nobody may read. The message says why, in words for people. */
export class NoSuchFile extends Error {
  override readonly name = "NoSuchFile";
}

/** For bytes at hand that no file is beside. */
export const nothingBeside: OpenBeside = () => undefined;

/** A part of other bytes, by itself. */
export function rangeOf(whole: ByteRange, start: number, size: number): ByteRange {
  return { size, readInto: (target, offset) => whole.readInto(target, start + offset) };
}

/** Bytes at hand as a range. */
export function rangeOfBytes(bytes: Uint8Array): ByteRange {
  return {
    size: bytes.length,
    readInto: (target, offset) => target.set(bytes.subarray(offset, offset + target.length)),
  };
}

/** `length` bytes of a range from `offset` on. */
export function readRange(range: ByteRange, offset: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  range.readInto(bytes, offset);
  return bytes;
}

/** A range piece by piece; each piece is valid until the next one is asked for. */
export function* piecesOfRange(range: ByteRange, pieceBytes: number): Iterable<Uint8Array> {
  const { size } = range;
  const buffer = new Uint8Array(Math.min(pieceBytes, size));
  for (let done = 0; done < size; done += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, size - done));
    range.readInto(piece, done);
    yield piece;
  }
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let end = 0;
  for (const part of parts) {
    all.set(part, end);
    end += part.length;
  }
  return all;
}

/** Below, at or above 0 as `a` comes before, with or after `b`, byte by byte. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The UTF-8 of a text. */
export function utf8(text: string): Uint8Array<ArrayBuffer> {
  return encoder.encode(text);
}

const encoder = new TextEncoder();

/** Each byte as the character of its number (ISO 8859-1); for texts that are short. */
export function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}
