import { createHash } from "node:crypto";
import { type OpenFile, piecesOfRange } from "../base/bytes.js";
import { RandomAccessFile } from "./random-access-file.js";

const PIECE = 1 << 20;

/** The SHA-256 of an open file's bytes, in hexadecimal. */
export function hashOf(source: OpenFile): string {
  const hash = createHash("sha256");
  for (const piece of piecesOfRange(source, PIECE)) hash.update(piece);
  return hash.digest("hex");
}

/** The same of an input, by its name. Errors: `InputError` for what can't be read. */
export function fileHash(file: string): string {
  const source = RandomAccessFile.open(file);
  try {
    return hashOf(source);
  } finally {
    source.close();
  }
}
