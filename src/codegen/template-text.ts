import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../base/package.js";

/** The text of a file of `templates/`, with the line ends that are written. */
export function templateText(language: string, path: string): string {
  return readFileSync(join(packageRoot(), "templates", language, path), "utf8").replaceAll("\r\n", "\n");
}
