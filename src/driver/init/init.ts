import { lstatSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { InputError } from "../../base/diagnostic.js";
import { writeTextSync } from "../../files/atomic-file.js";
import { realPath } from "../../files/files-read.js";
import { packageRoot } from "../../files/package.js";
import { readText } from "../../files/read-file.js";
import type { SpecTemplate } from "./templates.js";

/**
 * Writes a small commented spec, which names its schema for editors, to a file that does not exist yet. Errors: `InputError` for one that does, or can't be
 * written.
 */
export function initSpec(file: string, template: SpecTemplate = "network"): { readonly file: string } {
  if (lstatSync(file, { throwIfNoEntry: false }) !== undefined) {
    throw InputError.of("init/exists", `${file} exists already`, {
      file,
      hint: "name another file: ecagen init FILE",
    });
  }
  const text = readText(join(packageRoot(), "templates", `${template}.json`));
  writeTextSync(
    file,
    text.replace("{\n", () => `{\n  "$schema": ${JSON.stringify(schemaFor(file))},\n`),
  );
  return { file };
}

/** The place of this package's schema, as a spec in that file names it: relative, or a URL where it is on another drive. */
function schemaFor(file: string): string {
  const schema = join(packageRoot(), "schema", "ecagen.schema.json");
  const path = relative(dirname(realPath(file)), schema);
  return isAbsolute(path) ? pathToFileURL(schema).href : path.split(sep).join("/");
}
