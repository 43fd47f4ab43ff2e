import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../base/diagnostic.js";
import { packageRoot } from "../base/package.js";

/** Writes a small commented spec to a file that does not exist yet. */
export function initSpec(file: string): { readonly file: string } {
  const text = readFileSync(join(packageRoot(), "templates", "network.json"), "utf8");
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") {
      throw InputError.of("init/exists", `${file} exists already`, {
        file,
        hint: "name another file: ecagen init FILE",
      });
    }
    throw InputError.of("init/unwritable", `${file} can't be written: ${message}`, { file });
  }
  return { file };
}
