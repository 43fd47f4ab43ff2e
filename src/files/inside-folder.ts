import { realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, resolve, sep } from "node:path";
import { type ByteRange, NoSuchFile, type OpenBeside } from "../base/bytes.js";
import { realPath } from "./files-read.js";

/**
 * The real path of a regular file that a file in `folder` names. Undefined where it lies outside of the real
 * folder: what is downloaded must not be able to read other files, neither by `..` nor through a link.
 *
 * Errors: those of the operating system, for a file that is not there.
 */
export function insideFolder(location: string, folder: string): string | undefined {
  const root = realpathSync(folder);
  return within(location, root, [root]);
}

/**
 * The real path of a regular file that `file` names, which must lie beside it: in the folder of its name, or in that of
 * the file which the name is a link to. In a download cache of Hugging Face both are links into one folder of blobs.
 * Undefined for a path outside of both.
 *
 * Errors: those of the operating system, for a file that is not there.
 */
export function besideFile(location: string, file: string): string | undefined {
  const named = realpathSync(dirname(file));
  return within(location, named, [named, dirname(realPath(file))]);
}

function within(location: string, folder: string, roots: readonly string[]): string | undefined {
  if (location === "" || isAbsolute(location)) return undefined;
  const path = realpathSync(resolve(folder, location));
  const inside = roots.some((root) => path.startsWith(root.endsWith(sep) ? root : root + sep));
  return inside && statSync(path).isFile() ? path : undefined;
}

/**
 * Opens files beside `file` by the names that it has for them, with the checks of `besideFile`.
 *
 * @param why the reason of an error of the operating system, in words
 */
export function openBeside<R extends ByteRange>(
  file: string,
  open: (path: string) => R,
  why: (error: unknown) => string,
): OpenBeside<R> {
  return (location) => {
    let path: string | undefined;
    try {
      path = besideFile(location, file);
    } catch (error) {
      const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
      throw new NoSuchFile(missing ? "there is no such file" : why(error));
    }
    return path === undefined ? undefined : open(path);
  };
}
