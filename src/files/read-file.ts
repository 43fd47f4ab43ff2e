import { closeSync, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { InputError } from "../base/diagnostic.js";
import { fileAtHand } from "./at-hand.js";
import { recordRead } from "./files-read.js";

/** The bytes of a file that a user named, or gave; `InputError` where it can't be read. */
export function readBytes(file: string): Uint8Array {
  const atHand = fileAtHand(file);
  if (atHand !== undefined) return atHand;
  try {
    return readRecorded(file);
  } catch (error) {
    throw InputError.of("file/unreadable", `${file} can't be read: ${whyUnreadable(error)}`, { file });
  }
}

/** The text of a file, as UTF-8. Errors: as of `readBytes`. */
export function readText(file: string): string {
  return Buffer.from(readBytes(file)).toString("utf8");
}

/** The bytes of a file, which this run then won't write over. Errors: those of the operating system. */
export function readRecorded(file: string): Buffer {
  const handle = openSync(file, "r");
  try {
    recordRead(file, fstatSync(handle, { bigint: true }));
    return readFileSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** The first bytes of a file, as many as there are up to a number. Errors: those of the operating system. */
export function startOfFile(file: string, most: number): Uint8Array {
  const handle = openSync(file, "r");
  try {
    recordRead(file, fstatSync(handle, { bigint: true }));
    const start = Buffer.alloc(most);
    return start.subarray(0, readSync(handle, start, 0, most, 0));
  } finally {
    closeSync(handle);
  }
}

/** The reason of a failed read, in words. */
export function whyUnreadable(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such file";
  if (code === "EISDIR") return "it is a folder";
  if (code === "EACCES") return "permission denied";
  return message;
}
