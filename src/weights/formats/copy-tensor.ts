import type { OutgoingTensor } from "./outgoing-tensor.js";
import type { StoredTensor } from "./tensor-source.js";

const PIECE_BYTES = 1 << 18;

/** A tensor of a file on its way into another one, byte for byte, under its own name or a new one. */
export function copyTensor(tensor: StoredTensor, name = tensor.name): OutgoingTensor {
  const { dtype, dims, byteLength } = tensor;
  return {
    name,
    dtype,
    dims,
    *pieces() {
      const buffer = new Uint8Array(Math.min(PIECE_BYTES, byteLength));
      for (let offset = 0; offset < byteLength; ) {
        const piece = buffer.subarray(0, Math.min(buffer.length, byteLength - offset));
        tensor.readInto(piece, offset);
        yield piece;
        offset += piece.length;
      }
    },
  };
}
