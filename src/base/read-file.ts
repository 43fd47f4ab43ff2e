import { readFileSync } from "node:fs";
import { InputError } from "./diagnostic.js";

/** The bytes of a file that a user named; `InputError` where it can't be read. */
export function readBytes(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw InputError.of("file/unreadable", `${file} can't be read: ${whyUnreadable(error)}`, { file });
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
