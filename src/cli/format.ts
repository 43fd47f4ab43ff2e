import Table from "cli-table3";
import pc from "picocolors";

/** `[N, 24, 56, 56]` */
export function shape(dims: readonly (number | string)[]): string {
  return `[${dims.join(", ")}]`;
}

export function verdict(ok: boolean): string {
  return ok ? pc.green("ok") : pc.red("FAILED");
}

/** A table without lines under a bold head; columns named in `right` are aligned to the right. */
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
