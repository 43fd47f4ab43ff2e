import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { utf8 } from "./bytes.js";

// For what is small: names, specs, attributes. Files are hashed by the system's own code, which is many times as fast.

/** The SHA-256 of a text's UTF-8, or of bytes. */
export function sha256Bytes(content: string | Uint8Array): Uint8Array {
  return sha256(typeof content === "string" ? utf8(content) : content);
}

/** The same in hexadecimal. */
export function sha256Hex(content: string | Uint8Array): string {
  return bytesToHex(sha256Bytes(content));
}
