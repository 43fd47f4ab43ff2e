/** The words of any text: its runs of letters and digits of ASCII, so that nothing else gets into a name made of them. */
export function wordsOf(text: string): readonly string[] {
  return text.match(/[A-Za-z0-9]+/g) ?? [];
}

/** `eca` as `Eca`; the other letters stay. */
export function capitalized(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}`;
}
