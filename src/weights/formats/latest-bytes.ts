/**
 * The bytes of one tensor, the latest that was asked for. A tensor that can't be read by slices, because it is
 * compressed or lies in another order, is held while it is read, and only one at a time.
 */
export class LatestBytes {
  #key: unknown;
  #bytes = new Uint8Array(0);

  of(key: unknown, load: () => Uint8Array): Uint8Array {
    if (this.#key !== key) {
      // Let go of the former before there are two.
      this.#key = undefined;
      this.#bytes = new Uint8Array(0);
      this.#bytes = load() as Uint8Array<ArrayBuffer>;
      this.#key = key;
    }
    return this.#bytes;
  }
}
