import { mkdirSync } from "node:fs";
import { InputError } from "../base/diagnostic.js";

/** Makes a folder that a user named, with those above it; one that is there already is fine. */
export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === "EEXIST" || code === "ENOTDIR" ? "a file of that name is in the way" : message;
    throw InputError.of("file/no-folder", `the folder ${JSON.stringify(folder)} can't be made: ${why}`, {
      file: folder,
    });
  }
}
