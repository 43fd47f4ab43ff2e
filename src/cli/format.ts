import { quoted } from "../base/json-text.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { RunReport } from "../driver/run/run.js";
import { colours } from "./colours.js";
import { coloured, withoutColours } from "./print.js";
import { columnsOf, cut, fittedWidths, tableColumns, tellingWidth } from "./wrap.js";

/** `[N, 24, 56, 56]` */
export function shape(dims: readonly (number | string)[]): string {
  return `[${dims.join(", ")}]`;
}

export function opsetText({ opset }: { readonly opset: number | null }): string {
  return opset === null ? "no opset" : `opset ${opset}`;
}

/** `device webgpu (NVIDIA H100), 0 nodes elsewhere`, and what `auto` has passed over. */
export function deviceText({ used, adapter, cpuNodes, passedOver = [] }: RunReport["device"]): string {
  const name = adapter === undefined ? used : `${used} (${adapter})`;
  const others = passedOver.map(({ device }) => device).join(", ");
  const why = others === "" ? "" : `; auto skipped ${others}: ecagen doctor shows why`;
  return `device ${name}, ${cpuNodes} nodes elsewhere${why}`;
}

/** A name out of a file as it is, or quoted where one could not see where it ends or what is in it. */
export function tensorName(name: string): string {
  return name === "" || /\p{Z}/u.test(name) ? quoted(name) : label(name);
}

/** A text with spaces in it, as it is or quoted where not all of it can be seen. */
export function label(text: string): string {
  return oneVisibleLine(text) === text ? text : quoted(text);
}

export function verdict(ok: boolean): string {
  return judgement(ok ? "right" : "wrong");
}

/** A verdict in colour. */
export function judgement(verdict: "right" | "wrong" | "undecided"): string {
  return {
    right: coloured(colours.green, "ok"),
    wrong: coloured(colours.red, "FAILED"),
    undecided: coloured(colours.yellow, "can't tell"),
  }[verdict];
}

/**
 * A table without lines under a bold head; columns named in `right` are aligned to the right. Each row is one line: in a terminal that is too
 * narrow the longest cells of the other columns are cut, unless `--wide` is given.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const lines = [head, ...rows].map((row) => row.map(oneVisibleLine));
  // Not Math.max of all of them: a function takes some ten thousand arguments, and a file may have more tensors.
  const widest = (some: typeof lines, column: number): number =>
    some.reduce((most, line) => Math.max(most, widthOf(line[column] ?? "")), 0);
  const widths = head.map((_, column) => widest(lines, column));
  const most = (tableColumns() ?? Number.POSITIVE_INFINITY) - 2 * (head.length - 1);
  const narrowed = (): readonly number[] => {
    // Half of a number would be another one.
    const least = head.map((name, column) =>
      right.includes(name) ? widest(lines.slice(1), column) : LEAST_CUT,
    );
    // As long as there is room for it, different cells of a column look different.
    const telling = least.map((fewest, column) =>
      Math.max(fewest, tellingWidth(lines.slice(1).map((line) => withoutColours(line[column] ?? "")))),
    );
    return fittedWidths(fittedWidths(widths, telling, most), least, most);
  };
  const fitted = widths.reduce((sum, width) => sum + width, 0) <= most ? widths : narrowed();
  const textOf = (line: readonly string[], row: number): string => {
    const cells = line.map((whole, column) => {
      const width = fitted[column] ?? 0;
      const text = widthOf(whole) <= width ? whole : cut(withoutColours(whole), width);
      const cell = row === 0 ? coloured(colours.bold, text) : text;
      const space = " ".repeat(Math.max(0, width - widthOf(cell)));
      return right.includes(head[column] ?? "") ? space + cell : cell + space;
    });
    return `${cells.join("  ").trimEnd()}\n`;
  };
  return lines.map(textOf).join("");
}

/** The columns that a table takes where it is not wrapped. */
export function tableWidth(head: readonly string[], rows: readonly (readonly string[])[]): number {
  const lines = [head, ...rows.map((row) => row.map(oneVisibleLine))];
  return head.reduce(
    (sum, _, column) =>
      sum +
      (column === 0 ? 0 : 2) +
      lines.reduce((most, line) => Math.max(most, widthOf(line[column] ?? "")), 0),
    0,
  );
}

/** A cell is cut to no fewer characters. */
const LEAST_CUT = 6;

/** Columns that a text takes in a terminal: colours take none. */
function widthOf(text: string): number {
  return columnsOf(withoutColours(text));
}
