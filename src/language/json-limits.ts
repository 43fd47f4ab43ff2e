import { InputError } from "../base/diagnostic.js";
import type { SourceText } from "../base/source.js";

/** Size of the largest file that is read, in bytes and in UTF-16 code units. The gallery's largest has 2 kB. */
export const MAX_FILE_SIZE = 16 * 1024 * 1024;

/** Objects and lists in one another. A spec needs six. */
const MAX_NESTING = 64;

/** Objects and lists in one file. */
const MAX_CONTAINERS = 100_000;

/**
 * Refuses texts that would break or stall the recursive parser: empty, huge, nested deeper than the stack, or
 * made of millions of brackets. Looks at brackets only and stops at the first limit.
 */
export function refuseMonsters(source: SourceText): void {
  const { file, text } = source;
  if (text.trim() === "") {
    throw InputError.of("spec/empty", "the file is empty", {
      file,
      hint: "`ecagen init` writes a first spec",
    });
  }
  if (text.length > MAX_FILE_SIZE) throw tooLarge(file);
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === "/") at = endOfComment(text, at);
    else if (character === "]" || character === "}") depth--;
    else if (character === "[" || character === "{") {
      depth++;
      containers++;
      if (depth > MAX_NESTING || containers > MAX_CONTAINERS) {
        const message =
          depth > MAX_NESTING
            ? `objects and lists are nested over ${MAX_NESTING} levels deep`
            : `there are over ${MAX_CONTAINERS} objects and lists`;
        throw InputError.of("spec/too-complex", message, { range: { source, offset: at, length: 1 } });
      }
    }
  }
}

export function tooLarge(file: string): InputError {
  return InputError.of("spec/too-large", `the file is larger than ${MAX_FILE_SIZE / 1024 / 1024} MiB`, {
    file,
  });
}

/** The index of the quote that ends the string beginning at `start`, or of the line's end. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || character === "\n") return at;
    if (character === "\\") at++;
  }
  return text.length;
}

/** The index of the last character of the comment beginning at `start`; `start` where none begins. */
function endOfComment(text: string, start: number): number {
  const [end, length] =
    text[start + 1] === "/"
      ? [text.indexOf("\n", start), 1]
      : text[start + 1] === "*"
        ? [text.indexOf("*/", start + 2), 2]
        : [start, 1];
  return end < 0 ? text.length : end + length - 1;
}
