import { unfolded } from "./visible-text.js";

/** A table in Markdown; columns named in `right` are aligned to the right. */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const rule = `|${head.map((each) => (right.includes(each) ? "---:" : "---")).join("|")}|\n`;
  return `${markdownRow(head)}${rule}${rows.map(markdownRow).join("")}`;
}

/** One line of a table. */
export function markdownRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`;
}

/** Any text as one line of Markdown that shows it as it is. */
export function markdownText(text: string): string {
  return unfolded(text).replace(/[\\`*_{}[\]<>()#!|~$&]/g, "\\$&");
}

/** Any text as code on one line of Markdown: nothing in it is a link, a mention or an emphasis. */
export function markdownCode(text: string): string {
  const line = unfolded(text);
  if (line === "") return "";
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  const space = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${space}${line}${space}${fence}`;
}
