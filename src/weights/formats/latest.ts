import type { ByteRange } from "../../base/bytes.js";

/**
 * The bytes of one tensor, the latest that was asked for. A tensor that can't be read by slices, because it is
 * compressed or lies in another order, is held while it is read, and only one at a time.
 */
export class LatestBytes {
  #key: unknown;
  #bytes: Uint8Array = new Uint8Array(0);

  of(key: unknown, load: () => Uint8Array): Uint8Array {
    if (this.#key !== key) {
      // Let go of the former before there are two.
      this.#key = undefined;
      this.#bytes = new Uint8Array(0);
      this.#bytes = load();
      this.#key = key;
    }
    return this.#bytes;
  }
}

/** The bytes of something that can only be made from its beginning on, piece by piece. */
type MakePieces = () => Generator<Uint8Array>;

/** Streams that are held at a time: as many tensors as one expression of weights may read in turn. */
const HELD = 8;

/**
 * Streams that are read like files: forwards at no cost, backwards from the beginning again. Of each, one piece is in memory; of all of
 * them, those that were read last go on where they are.
 */
export class LatestStreams {
  /** The one that was read last is the last. */
  readonly #open = new Map<MakePieces, Position>();

  range(size: number, make: MakePieces): ByteRange {
    return {
      size,
      readInto: (target, offset) => {
        for (let done = 0; done < target.length; ) {
          const { piece, start } = this.#at(make, offset + done);
          const from = offset + done - start;
          const part = piece.subarray(from, from + target.length - done);
          target.set(part, done);
          done += part.length;
        }
      },
    };
  }

  /** The piece in which a byte is, and where that piece starts. */
  #at(make: MakePieces, offset: number): Position {
    let position = this.#open.get(make);
    this.#open.delete(make);
    if (position !== undefined && offset < position.start) {
      position.pieces.return(undefined);
      position = undefined;
    }
    position ??= { pieces: make(), piece: new Uint8Array(0), start: 0 };
    while (offset >= position.start + position.piece.length) {
      const { value, done } = position.pieces.next();
      if (done === true)
        throw new RangeError(
          `a stream of ${position.start + position.piece.length} bytes has no byte ${offset}`,
        );
      position = { ...position, piece: value, start: position.start + position.piece.length };
    }
    this.#hold(make, position);
    return position;
  }

  #hold(make: MakePieces, position: Position): void {
    this.#open.set(make, position);
    const [oldest] = this.#open;
    if (this.#open.size <= HELD || oldest === undefined) return;
    oldest[1].pieces.return(undefined);
    this.#open.delete(oldest[0]);
  }
}

interface Position {
  readonly pieces: Generator<Uint8Array>;
  readonly piece: Uint8Array;
  readonly start: number;
}
