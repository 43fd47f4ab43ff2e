import { realpathSync, statSync } from "node:fs";
import { isAbsolute, resolve, sep } from "node:path";

/**
 * The real path of a regular file that a file in `folder` names. Undefined where it lies outside of the real
 * folder: what is downloaded must not be able to read other files, neither by `..` nor through a link.
 *
 * Errors: those of the operating system, for a file that is not there.
 */
export function insideFolder(location: string, folder: string): string | undefined {
  if (location === "" || isAbsolute(location)) return undefined;
  const root = realpathSync(folder);
  const path = realpathSync(resolve(root, location));
  return path.startsWith(root.endsWith(sep) ? root : root + sep) && statSync(path).isFile()
    ? path
    : undefined;
}
