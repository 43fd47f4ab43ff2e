import { lstatSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../../base/diagnostic.js";
import { writeTextSync } from "../../files/atomic-file.js";
import { packageRoot } from "../../files/package.js";
import { readText } from "../../files/read-file.js";

/** Writes a small commented spec to a file that does not exist yet. Errors: `InputError` for one that does, or can't be written. */
export function initSpec(file: string): { readonly file: string } {
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) {
    throw InputError.of("init/exists", `${file} exists already`, {
      file,
      hint: "name another file: ecagen init FILE",
    });
  }
  writeTextSync(file, readText(join(packageRoot(), "templates", "network.json")));
  return { file };
}
