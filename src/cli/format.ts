import pc from "picocolors";
import stringWidth from "string-width";
import { quoted } from "../base/json-text.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { RunReport } from "../driver/run/run.js";
import { coloured, withoutColours } from "./print.js";

/** `[N, 24, 56, 56]` */
export function shape(dims: readonly (number | string)[]): string {
  return `[${dims.join(", ")}]`;
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
    right: coloured(pc.green, "ok"),
    wrong: coloured(pc.red, "FAILED"),
    undecided: coloured(pc.yellow, "can't tell"),
  }[verdict];
}

/** A table without lines under a bold head; columns named in `right` are aligned to the right. Each cell is one line. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const lines = [
    head.map((each) => coloured(pc.bold, oneVisibleLine(each))),
    ...rows.map((row) => row.map(oneVisibleLine)),
  ];
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
  return stringWidth(withoutColours(text));
}
