import { unfolded } from "./visible-text.js";

/** A table in Markdown; columns named in `right` are aligned to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
  const rule = `|${head.map((each) => (right.includes(each) ? "---:" : "---")).join("|")}|\n`;
  return `${line(head)}${rule}${rows.map(line).join("")}`;
}

/** Any text as one line of Markdown that shows it as it is. */
export function markdownText(text: string): string {
  return unfolded(text).replace(/[\\`*_{}[\]<>()#!|~$&]/g, "\\$&");
}
