import { rightColumns, type Table, textRows } from "../../base/table.js";
import { table as textTable } from "../format.js";

/** The table as people read it in a terminal. */
export function terminalTable(table: Table): string {
  return textTable(table.head, textRows(table), rightColumns(table));
}
