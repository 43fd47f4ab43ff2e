import { type Cell, type Table, textRows } from "../../base/table.js";
import { colours } from "../colours.js";
import { tableWidth } from "../format.js";
import { coloured } from "../print.js";
import { terminalColumns } from "../wrap.js";

/** Of the longest bar, in columns of the terminal: with less room there is none. */
const [LEAST, MOST] = [5, 12];

/**
 * The table with bars behind some columns of numbers, the largest number's the longest: in a terminal that has room for them. Elsewhere, as in
 * a pipe, it stays as it is.
 */
export function withBars(table: Table, columns: readonly string[]): Table {
  const terminal = process.env.TERM === "dumb" ? undefined : terminalColumns();
  const free = (terminal ?? 0) - tableWidth(table.head, textRows(table));
  const width = Math.min(MOST, Math.floor(free / columns.length) - 2);
  if (width < LEAST) return table;
  const { head, rows, foot } = table;
  const largest = head.map((_, column) =>
    rows.reduce((most, row) => Math.max(most, numberOf(row[column])), 0),
  );
  const wide = (row: readonly Cell[], bar: (value: number, most: number) => string): readonly Cell[] =>
    row.flatMap((cell, i) =>
      columns.includes(head[i] ?? "") ? [cell, bar(numberOf(cell), largest[i] ?? 0)] : [cell],
    );
  return {
    ...table,
    head: head.flatMap((name) => (columns.includes(name) ? [name, ""] : [name])),
    rows: rows.map((row) => wide(row, (value, most) => barOf(value / most, width))),
    ...(foot === undefined ? {} : { foot: foot.map((row) => wide(row, () => "")) }),
  };
}

function numberOf(cell: Cell | undefined): number {
  return typeof cell === "object" ? cell.value : 0;
}

/** `━━━━╸`, in halves of a column; what is not nothing is seen. */
function barOf(part: number, width: number): string {
  if (!(part > 0)) return "";
  const halves = Math.max(1, Math.round(2 * width * part));
  return coloured(colours.cyan, `${"━".repeat(Math.floor(halves / 2))}${halves % 2 === 1 ? "╸" : ""}`);
}
