import { join } from "node:path";
import { packageRoot } from "./package.js";
import { readText } from "./read-file.js";

/** The text of a file of the package, as `templates/pytorch/train.py`, with the line ends that are written. */
export function packagedText(path: string): string {
  return readText(join(packageRoot(), path)).replaceAll("\r\n", "\n");
}
