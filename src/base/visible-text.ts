import { once } from "./late.js";

/**
 * What a terminal obeys, what changes the order or the shape of the text around it, and what nobody sees: control characters
 * (C0, DEL, C1), format characters (bidirectional controls, zero-width ones), separators of lines, fillers, lone surrogates.
 * Made when a text has such a character: the tables of Unicode take a while.
 */
export const unseen = once(() => /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu);

/** One character that shows as it is: everything else could hide, reorder or end something. */
export const shows = once(() => /^(?!\p{Default_Ignorable_Code_Point})[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u);

/** Texts of ASCII, Latin letters, dashes, arrows and signs of mathematics, as nearly all are: they are told apart without the tables of Unicode. */
const PLAIN = /^[ -~\n\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u22ff]*$/;
const PLAIN_LINE = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2010-\u2027\u2190-\u22ff]*$/;

/** A text with what is unseen in it written as `\u{202e}`; tabs and the ends of lines, those of CSV too, stay. */
export function visibleText(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(unseen(), (each, at: number) =>
    each === "\n" || each === "\t" || (each === "\r" && text[at + 1] === "\n") ? each : escaped(each),
  );
}

/** The same on one line: lines and tabs are escaped too. */
export function oneVisibleLine(text: string): string {
  return PLAIN_LINE.test(text) ? text : text.replace(unseen(), escaped);
}

/** A text of several lines as one, for a comment or a heading. */
export function unfolded(text: string): string {
  return oneVisibleLine(text.replaceAll(/\s+/g, " ").trim());
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** A name of a file's as messages show it: quoted, on one line, not long, and without what a terminal would obey. */
export function quoteName(name: string): string {
  const short = name.length <= 120 ? name : `${name.slice(0, 117)}...`;
  return JSON.stringify(short).replace(/[\x7f-\x9f]/g, "?");
}

/** Whether a text can be written as UTF-8: half of a surrogate pair can't. */
export function isUnicode(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
