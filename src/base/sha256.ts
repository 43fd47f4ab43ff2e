import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { utf8 } from "./bytes.js";

// For what is small: names, specs, attributes. Files are hashed piece by piece as they are written, in files/.

type Hash = (bytes: Uint8Array) => Uint8Array;

let hash: Hash = sha256;

/** Has the system's code compute what JavaScript would: the same, without the time that it takes to become fast. */
export function useSystemHash(system: Hash): void {
  hash = system;
}

/** The SHA-256 of a text's UTF-8, or of bytes. */
export function sha256Bytes(content: string | Uint8Array): Uint8Array {
  return hash(typeof content === "string" ? utf8(content) : content);
}

/** The same in hexadecimal. */
export function sha256Hex(content: string | Uint8Array): string {
  return bytesToHex(sha256Bytes(content));
}
