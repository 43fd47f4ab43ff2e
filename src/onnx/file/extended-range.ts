import type { ByteRange } from "../../base/bytes.js";

/** The bytes of a file, and behind them such that are in memory alone. */
export class ExtendedRange implements ByteRange {
  readonly #range: ByteRange;
  readonly #added: { readonly start: number; readonly bytes: Uint8Array }[] = [];
  #size: number;

  constructor(range: ByteRange) {
    this.#range = range;
    this.#size = range.size;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds bytes at the end; gives where they begin. */
  append(bytes: Uint8Array): number {
    const start = this.#size;
    this.#added.push({ start, bytes });
    this.#size += bytes.length;
    return start;
  }

  readInto(target: Uint8Array, offset: number): void {
    const own = Math.max(0, Math.min(target.length, this.#range.size - offset));
    if (own > 0 || target.length === 0) this.#range.readInto(target.subarray(0, own), offset);
    for (let at = own; at < target.length; ) {
      const piece = this.#pieceAt(offset + at);
      const from = offset + at - piece.start;
      const part = piece.bytes.subarray(from, from + target.length - at);
      target.set(part, at);
      at += part.length;
    }
  }

  /** The added bytes that hold a place: the last that begin at or before it. */
  #pieceAt(place: number): { readonly start: number; readonly bytes: Uint8Array } {
    let [low, high] = [0, this.#added.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#added[middle]?.start ?? 0) <= place) low = middle;
      else high = middle - 1;
    }
    return this.#added[low] ?? { start: place, bytes: new Uint8Array(1) };
  }
}
