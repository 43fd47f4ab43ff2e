import { crc32 } from "node:zlib";
import { InflateRaw } from "minizlib";
import type { Unpacking } from "../../weights/formats/zip/read.js";

/** Checksums and inflating by zlib, piece by piece and at once: Node's own streams would answer later. */
export const unpacking: Unpacking = {
  crc32: (bytes, before) => crc32(bytes, before),
  inflate() {
    const stream = new InflateRaw({});
    const pieces: Uint8Array[] = [];
    let problem: string | undefined;
    stream.on("data", (piece: Uint8Array) => pieces.push(piece));
    stream.on("error", (error: unknown) => {
      problem = error instanceof Error ? error.message : String(error);
    });
    return {
      push(packed) {
        stream.write(Buffer.from(packed.buffer, packed.byteOffset, packed.length));
        return { pieces: pieces.splice(0), problem };
      },
      close: () => stream.close(),
    };
  },
};
