import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import { visibleText } from "../base/visible-text.js";
import type { DeviceReport } from "../driver/devices.js";

/** `[N, 24, 56, 56]` */
export function shape(dims: readonly (number | string)[]): string {
  return `[${dims.join(", ")}]`;
}

/** `device webgpu (NVIDIA H100), 0 nodes elsewhere`, and what `auto` has passed over. */
export function deviceText({ used, adapter, cpuNodes, passedOver = [] }: DeviceReport): string {
  const name = adapter === undefined ? used : `${used} (${adapter})`;
  const others = passedOver.map(({ device }) => device).join(", ");
  const why = others === "" ? "" : `; auto passed over ${others}: ecagen doctor says why`;
  return `device ${name}, ${cpuNodes} nodes elsewhere${why}`;
}

/** A name out of a file as it is, or quoted where it could move the cursor, break the line or not be seen. */
export function tensorName(name: string): string {
  return name === "" || /[\p{Cc}\p{Cf}\p{Z}]/u.test(name) ? quoted(name) : name;
}

/** A text out of a file on one line, as JSON writes it and without what a terminal would obey. */
export function quoted(text: string): string {
  return visibleText(JSON.stringify(text));
}

export function verdict(ok: boolean): string {
  return judgement(ok ? "right" : "wrong");
}

/** A verdict in colour. */
export function judgement(verdict: "right" | "wrong" | "undecided"): string {
  return { right: pc.green("ok"), wrong: pc.red("FAILED"), undecided: pc.yellow("can't tell") }[verdict];
}

/** A table without lines under a bold head; columns named in `right` are aligned to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const lines = [head.map((each) => pc.bold(each)), ...rows];
  const widths = head.map((_, column) =>
    // Not Math.max of all of them: a function takes some ten thousand arguments, and a file may have more tensors.
    lines.reduce((widest, line) => Math.max(widest, widthOf(line[column] ?? "")), 0),
  );
  return lines
    .map((line) => {
      const cells = line.map((cell, column) => {
        const space = " ".repeat((widths[column] ?? 0) - widthOf(cell));
        return right.includes(head[column] ?? "") ? space + cell : cell + space;
      });
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}

/** Columns that a text takes in a terminal: colours take none. */
function widthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}
