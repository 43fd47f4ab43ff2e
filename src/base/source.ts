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
  const before = source.text.slice(0, Math.max(0, Math.min(offset, source.text.length)));
  const line = before.split("\n").length;
  return { line, column: before.length - (before.lastIndexOf("\n") + 1) + 1 };
}

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
  const whole = (range.source.text.split("\n", line)[line - 1] ?? "").replace(/\r$/, "").replace(/\t/g, " ");
  const start = column - 1 > FRAME_WIDTH / 2 ? column - 1 - Math.floor(FRAME_WIDTH / 2) : 0;
  const text = whole.slice(start, start + FRAME_WIDTH);
  const caretAt = column - 1 - start;
  const carets = Math.max(1, Math.min(range.length, text.length - caretAt));
  const gutter = String(line);
  return `${gutter} | ${text}\n${" ".repeat(gutter.length)} | ${" ".repeat(caretAt)}${"^".repeat(carets)}`;
}
