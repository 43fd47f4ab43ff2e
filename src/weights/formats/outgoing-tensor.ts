import type { FileDType } from "./file-dtypes.js";

/** A tensor on its way to a file: its bytes, little-endian and row-major, are made when it is written. */
export interface OutgoingTensor {
  readonly name: string;
  readonly dtype: FileDType;
  readonly dims: readonly number[];
  /** Each piece is valid until the next one is asked for. */
  pieces(): Iterable<Uint8Array>;
}
