import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../base/package.js";

/** The text of a file of `templates/pytorch`. */
export function template(path: string): string {
  return readFileSync(join(packageRoot(), "templates", "pytorch", path), "utf8").replaceAll("\r\n", "\n");
}

/** A template with its `{{words}}` filled in; each must be given. */
export function filled(path: string, words: Readonly<Record<string, string>>): string {
  return template(path).replaceAll(/\{\{(\w+)\}\}/g, (_, word: string) => {
    const text = words[word];
    if (text === undefined) throw new RangeError(`nothing is given for {{${word}}} of ${path}`);
    return text;
  });
}
