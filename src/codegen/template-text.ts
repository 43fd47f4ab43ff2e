import { join } from "node:path";
import { packageRoot } from "../files/package.js";
import { readText } from "../files/read-file.js";

/** The text of a file of `templates/`, with the line ends that are written. */
export function templateText(language: string, path: string): string {
  return readText(join(packageRoot(), "templates", language, path)).replaceAll("\r\n", "\n");
}
