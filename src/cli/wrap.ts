import stringWidth from "string-width";

/** Columns that a text takes. */
export function columnsOf(text: string): number {
  return /^[ -~]*$/.test(text) ? text.length : stringWidth(text);
}

/**
 * The columns of the terminal; undefined where the output goes elsewhere, whose lines are as long as they are, and for a terminal that does not
 * say how wide it is.
 */
export function terminalColumns(): number | undefined {
  return process.stdout.isTTY ? process.stdout.columns || undefined : undefined;
}

let showsWide = false;

/** `--wide`: tables are as wide as what is in them. */
export function setWide(wide: boolean): void {
  showsWide = wide;
}

/** The columns that a table may take; undefined where it may take as many as it needs. */
export function tableColumns(): number | undefined {
  return showsWide ? undefined : terminalColumns();
}

/** A text of at most that many columns: what is longer is cut, and ends with …. */
export function cut(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const characters = Array.from(text);
  let width = 1;
  const end = characters.findIndex((character) => {
    width += columnsOf(character);
    return width > columns;
  });
  return `${characters.slice(0, Math.max(0, end)).join("")}…`;
}

/** After these a line may end. */
const BREAKS = /[\s/,.:;_|-]/u;

/** A text in lines of at most that many columns, cut behind a space or a sign between words where there is one. */
export function wrapped(text: string, columns: number): readonly string[] {
  const lines: string[] = [];
  let rest = Array.from(text);
  while (rest.length > 0) {
    const fits = fitting(rest, columns);
    const cut = fits === rest.length ? fits : lastBreak(rest, fits);
    lines.push(rest.slice(0, cut).join("").trimEnd());
    rest = rest.slice(cut);
    while (rest[0] === " ") rest = rest.slice(1);
  }
  return lines.length === 0 ? [""] : lines;
}

/** Lines of prose in the terminal's width, those that go on with two spaces before them. */
export function wrappedLines(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  return text
    .split("\n")
    .map((line) => {
      const [first = "", ...more] = columnsOf(line) <= columns ? [line] : wrapped(line, columns);
      const others = more.length === 0 ? [] : wrapped(line.slice(first.length).trimStart(), columns - 2);
      return [first, ...others.map((each) => `  ${each}`)].join("\n");
    })
    .join("\n");
}

/** How many characters, at least one, take no more than so many columns. */
function fitting(characters: readonly string[], columns: number): number {
  let width = 0;
  for (const [i, character] of characters.entries()) {
    width += columnsOf(character);
    if (width > columns && i > 0) return i;
  }
  return characters.length;
}

/** Where to cut before the `end`-th character: behind the last break in the second half of the line, or there. */
function lastBreak(characters: readonly string[], end: number): number {
  for (let i = end; i > end / 2; i--) if (BREAKS.test(characters[i - 1] ?? "")) return i;
  return end;
}

/** The least width at which no two of some texts look alike that are different; that of the longest where none is less. */
export function tellingWidth(texts: readonly string[]): number {
  const sorted = [...new Set(texts)].sort();
  const pairs = sorted.slice(1).map((text, i) => {
    const [a, b] = [Array.from(sorted[i] ?? ""), Array.from(text)];
    const alike = b.findIndex((character, at) => character !== a[at]);
    const telling = columnsOf(b.slice(0, alike + 1).join("")) + 1;
    return Math.min(telling, Math.max(columnsOf(a.join("")), columnsOf(text)));
  });
  return pairs.reduce((most, width) => Math.max(most, width), 0);
}

/** The widths of columns that together are at most `most` wide: those that may be cut are narrowed, the widest first. */
export function fittedWidths(
  widths: readonly number[],
  least: readonly number[],
  most: number,
): readonly number[] {
  const fitted = [...widths];
  let over = fitted.reduce((sum, width) => sum + width, 0) - most;
  for (; over > 0; over--) {
    const widest = fitted.reduce(
      (best, width, i) => (width > (least[i] ?? width) && width > (fitted[best] ?? 0) ? i : best),
      fitted.findIndex((width, i) => width > (least[i] ?? width)),
    );
    const width = fitted[widest];
    if (width === undefined) break;
    fitted[widest] = width - 1;
  }
  return fitted;
}
