import { InputError } from "../base/diagnostic.js";
import { realPath, wasRead } from "./files-read.js";

/**
 * Refuses to write two outputs to one file, and any of them over a file that this run has read; through links too.
 * Whatever writes a file calls it for that; who writes several calls it for all, before the first is written.
 *
 * Errors: `InputError` with all such outputs.
 */
export function refuseOverwriting(outputs: readonly (string | undefined)[]): void {
  const written = new Set<string>();
  const problems: { readonly file: string; readonly message: string }[] = [];
  for (const file of outputs) {
    if (file === undefined) continue;
    const path = realPath(file);
    if (wasRead(file)) problems.push({ file, message: `${file} is read, so it can't be written as well` });
    else if (written.has(path))
      problems.push({ file, message: `two outputs can't both be written to ${file}` });
    written.add(path);
  }
  if (problems.length === 0) return;
  throw new InputError(
    problems.map((problem) => ({ code: "file/same", hint: "give the output another name", ...problem })),
  );
}
