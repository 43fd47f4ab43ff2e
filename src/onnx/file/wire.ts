import { type ByteRange, readRange } from "../../base/bytes.js";

/** A field of a protobuf message, where it lies. */
export interface WireField {
  readonly number: number;
  /** Where its tag begins. */
  readonly begin: number;
  /** Where its payload begins, after tag and length. */
  readonly start: number;
  readonly end: number;
}

/** Bytes that make no message; the caller knows the file. */
export class WireProblem extends Error {
  override readonly name = "WireProblem";
}

const WINDOW_BYTES = 4096;
/** Tag and length: two varints of at most ten bytes. */
const LONGEST_HEAD = 20;

/**
 * Walks over the fields of protobuf messages in a file without reading their payload: a model's weights are passed
 * over. Source: https://protobuf.dev/programming-guides/encoding/
 */
export class WireReader {
  readonly #range: ByteRange;
  #window = new Uint8Array(0);
  #windowStart = 0;

  constructor(range: ByteRange) {
    this.#range = range;
  }

  /** The fields of the message from byte `start` to `end`. Throws `WireProblem`. */
  *fields(start: number, end: number): Iterable<WireField> {
    for (let at = start; at < end; ) {
      this.#load(at);
      const tag = this.#varint(at, end);
      const payload = this.#payload(tag.value % 8, tag.end, end);
      if (payload.end > end) {
        // What follows fields that are whole, to the end of the file, was whole once.
        const isCut = at > 0 && end === this.#range.size;
        const missing = isCut ? `: the last ${payload.end - end} bytes or more of the file are missing` : "";
        throw new WireProblem(`the field at byte ${at} ends past its message${missing}`);
      }
      yield { number: Math.floor(tag.value / 8), begin: at, ...payload };
      at = payload.end;
    }
  }

  read(start: number, end: number): Uint8Array {
    return readRange(this.#range, start, end - start);
  }

  #payload(wireType: number, start: number, messageEnd: number): { start: number; end: number } {
    switch (wireType) {
      case 0:
        return { start, end: this.#varint(start, messageEnd).end };
      case 1:
        return { start, end: start + 8 };
      case 2: {
        const length = this.#varint(start, messageEnd);
        return { start: length.end, end: length.end + length.value };
      }
      case 5:
        return { start, end: start + 4 };
      default:
        throw new WireProblem(`byte ${start} follows an unknown wire type ${wireType}`);
    }
  }

  /** Has the window begin so that a head from `at` on lies in it. */
  #load(at: number): void {
    const inside = at >= this.#windowStart && at + LONGEST_HEAD <= this.#windowStart + this.#window.length;
    if (inside) return;
    this.#window = new Uint8Array(Math.min(WINDOW_BYTES, this.#range.size - at));
    this.#windowStart = at;
    this.#range.readInto(this.#window, at);
  }

  #varint(start: number, limit: number): { readonly value: number; readonly end: number } {
    let value = 0;
    for (let i = 0; i < 10 && start + i < limit; i++) {
      const byte = this.#window[start + i - this.#windowStart];
      if (byte === undefined) break;
      value += (byte % 0x80) * 2 ** (7 * i);
      if (byte < 0x80) return { value, end: start + i + 1 };
    }
    throw new WireProblem(`the number at byte ${start} has no end`);
  }
}
