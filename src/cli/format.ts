import Table from "cli-table3";
import pc from "picocolors";

/** `5,288,548` */
export function count(value: number): string {
  return value.toLocaleString("en");
}

/** `+1,024`, `-636,464`, `0` */
export function signedCount(value: number): string {
  return value > 0 ? `+${count(value)}` : count(value);
}

/** `385.2 M`, `37.7 G`: multiply-accumulates in the units of the field. */
export function macs(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} G`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} M` : count(value);
}

/** `[N, 24, 56, 56]` */
export function shape(dims: readonly (number | string)[]): string {
  return `[${dims.join(", ")}]`;
}

export function verdict(ok: boolean): string {
  return ok ? pc.green("ok") : pc.red("FAILED");
}

/** A table with a line under its head; columns named in `right` are aligned to the right. */
export function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly string[] = [],
): string {
  const blank = { top: "", "top-mid": "", "top-left": "", "top-right": "", bottom: "", "bottom-mid": "" };
  const lines = new Table({
    head: head.map((each) => pc.bold(each)),
    colAligns: head.map((each) => (right.includes(each) ? "right" : "left")),
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
    chars: {
      ...blank,
      "bottom-left": "",
      "bottom-right": "",
      left: "",
      "left-mid": "",
      mid: "",
      "mid-mid": "",
      right: "",
      "right-mid": "",
      middle: "",
    },
  });
  lines.push(...rows.map((row) => [...row]));
  return `${lines
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}
