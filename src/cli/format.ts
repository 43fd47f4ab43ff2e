import stringWidth from "string-width";
import { quoted } from "../base/json-text.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { RunReport } from "../driver/run/run.js";
import { colours } from "./colours.js";
import { coloured, withoutColours } from "./print.js";
import { fittedWidths, terminalColumns, wrapped } from "./wrap.js";

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
  const why = others === "" ? "" : `; auto passed over ${others}: ecagen doctor says why`;
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
 * A table without lines under a bold head; columns named in `right` are aligned to the right. Each cell is one line, but in a terminal
 * that is too narrow: there those of the other columns are wrapped.
 */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const lines = [
    head.map((each) => coloured(colours.bold, oneVisibleLine(each))),
    ...rows.map((row) => row.map(oneVisibleLine)),
  ];
  const widths = head.map((_, column) =>
    // Not Math.max of all of them: a function takes some ten thousand arguments, and a file may have more tensors.
    lines.reduce((widest, line) => Math.max(widest, widthOf(line[column] ?? "")), 0),
  );
  const terminal = terminalColumns() ?? Number.POSITIVE_INFINITY;
  const least = head.map((name, column) => (right.includes(name) ? (widths[column] ?? 0) : LEAST_WRAPPED));
  const fitted = fittedWidths(widths, least, terminal - 2 * (head.length - 1));
  const textOf = (line: readonly string[]): string => {
    const cells = line.map((cell, column) => {
      const space = " ".repeat(Math.max(0, (fitted[column] ?? 0) - widthOf(cell)));
      return right.includes(head[column] ?? "") ? space + cell : cell + space;
    });
    return `${cells.join("  ").trimEnd()}\n`;
  };
  return lines.flatMap((line) => linesOf(line, fitted).map(textOf)).join("");
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

/** A column is wrapped to no fewer characters. */
const LEAST_WRAPPED = 6;

/** The lines of a row whose cells are wrapped where they are too wide. */
function linesOf(row: readonly string[], widths: readonly number[]): readonly (readonly string[])[] {
  const cells = row.map((cell, column) => {
    const width = widths[column] ?? 0;
    return widthOf(cell) <= width ? [cell] : wrapped(withoutColours(cell), width);
  });
  const height = cells.reduce((most, { length }) => Math.max(most, length), 1);
  return Array.from({ length: height }, (_, i) => cells.map((cell) => cell[i] ?? ""));
}

/** Columns that a text takes in a terminal: colours take none. */
function widthOf(text: string): number {
  return stringWidth(withoutColours(text));
}
