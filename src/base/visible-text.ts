/** A text with names out of a file, without what a terminal would obey; lines and tabs stay. */
export function visibleText(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|\p{Cf}/gu, (each) => `\\u{${(each.codePointAt(0) ?? 0).toString(16)}}`);
}
