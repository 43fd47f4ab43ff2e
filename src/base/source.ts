import { oneVisibleLine } from "./visible-text.js";

/** A text that a person wrote, with the name under which messages mention it. */
export interface SourceText {
  readonly file: string;
  readonly text: string;
}

/** `length` characters of a source text, beginning at `offset` (both in UTF-16 code units). */
export interface SourceRange {
  readonly source: SourceText;
  readonly offset: number;
  readonly length: number;
}

/** One-based line and column (columns in UTF-16 code units, as editors count). */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export function positionAt(source: SourceText, offset: number): Position {
  const starts = lineStarts(source);
  const at = Math.max(0, Math.min(offset, source.text.length));
  // The last line that starts at the at or before it.
  let [line, end] = [0, starts.length];
  while (line + 1 < end) {
    const middle = (line + end) >> 1;
    if ((starts[middle] as number) <= at) line = middle;
    else end = middle;
  }
  return { line: line + 1, column: at - (starts[line] as number) + 1 };
}

/** Where each line of a text starts. Kept with it: a text with many mistakes is asked once for each. */
function lineStarts(source: SourceText): readonly number[] {
  const known = startsOf.get(source);
  if (known !== undefined) return known;
  const starts = [0];
  for (let at = source.text.indexOf("\n"); at >= 0; at = source.text.indexOf("\n", at + 1))
    starts.push(at + 1);
  startsOf.set(source, starts);
  return starts;
}

const startsOf = new WeakMap<SourceText, readonly number[]>();

/** Longest part of a source line that a code frame shows; a minified file must not flood the terminal. */
const FRAME_WIDTH = 100;

/**
 * The line of the range with a caret under it:
 *
 *     12 |   { "block": "inverted-residul", "kernel": 3 },
 *        |              ^^^^^^^^^^^^^^^^^^
 */
export function codeFrame(range: SourceRange): string {
  const { line, column } = positionAt(range.source, range.offset);
  const { text: all } = range.source;
  const starts = lineStarts(range.source);
  const start = column - 1 > FRAME_WIDTH / 2 ? column - 1 - Math.floor(FRAME_WIDTH / 2) : 0;
  const shown = (starts[line - 1] as number) + start;
  const lineEnd = (starts[line] ?? all.length + 1) - 1;
  const text = all
    .slice(shown, Math.min(shown + FRAME_WIDTH, lineEnd))
    .replace(/\r$/, "")
    .replace(/\t/g, " ");
  const from = column - 1 - start;
  const to = from + Math.max(1, Math.min(range.length, text.length - from));
  // What is made visible takes more columns than it had.
  const before = oneVisibleLine(text.slice(0, from));
  const marked = oneVisibleLine(text.slice(from, to));
  const carets = "^".repeat(Math.max(1, marked.length));
  const gutter = String(line);
  return `${gutter} | ${before}${marked}${oneVisibleLine(text.slice(to))}\n${" ".repeat(gutter.length)} | ${" ".repeat(before.length)}${carets}`;
}

/** The last part of a path, without an ending that it may have: `b0-eca` of `specs/b0-eca.json`. */
export function fileName(path: string, ending = ""): string {
  const name = path.replace(/[/\\]+$/, "").replace(/^.*[/\\]/s, "");
  return name.endsWith(ending) && name !== ending ? name.slice(0, name.length - ending.length) : name;
}
