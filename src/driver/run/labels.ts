import { InputError } from "../../base/diagnostic.js";
import { readBytes } from "../../base/read-file.js";
import { parseLabels } from "../../spec/preprocessing.js";

/**
 * The names of classes in a file: a list in JSON, or a text with a name on each line.
 *
 * Errors: `InputError` for a file that can't be read and for an empty name, which would shift those after it.
 */
export function readLabels(file: string): readonly string[] {
  const text = Buffer.from(readBytes(file))
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  if (text.trimStart().startsWith("[")) {
    const labels = parseLabels(text);
    if (labels !== undefined) return labels;
    throw InputError.of("run/labels", `${file} is no list of names in JSON`, {
      file,
      hint: '["cat", "dog"]',
    });
  }
  const lines = text
    .replace(/\s+$/, "")
    .split(/\r?\n/)
    .map((line) => line.trim());
  const empty = lines.indexOf("");
  if (empty < 0) return lines;
  throw InputError.of("run/labels", `line ${empty + 1} of ${file} has no name`, {
    file,
    hint: "one name a line, in the order of the classes",
  });
}
