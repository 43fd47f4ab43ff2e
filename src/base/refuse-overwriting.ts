import { realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "./diagnostic.js";

/**
 * Refuses to write two outputs to one file, and any of them over a file that was read; through links too. Call it
 * before anything is written.
 *
 * Errors: `InputError` with all such outputs.
 *
 * @param inputs files that were named; undefined for flags that were not given
 */
export function refuseOverwriting(
  outputs: readonly (string | undefined)[],
  inputs: readonly (string | undefined)[],
): void {
  const read = new Set(inputs.filter((file) => file !== undefined).map(realPath));
  const written = new Set<string>();
  const problems: { readonly file: string; readonly message: string }[] = [];
  for (const file of outputs) {
    if (file === undefined) continue;
    const path = realPath(file);
    if (read.has(path)) problems.push({ file, message: `${file} is read, so it can't be written as well` });
    else if (written.has(path))
      problems.push({ file, message: `two outputs can't both be written to ${file}` });
    written.add(path);
  }
  if (problems.length === 0) return;
  throw new InputError(
    problems.map((problem) => ({ code: "file/same", hint: "give the output another name", ...problem })),
  );
}

/** Where a file is, or would be. */
function realPath(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    try {
      return join(realpathSync(dirname(file)), basename(file));
    } catch {
      return resolve(file);
    }
  }
}
