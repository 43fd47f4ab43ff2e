import { count, signedCount } from "./numbers.js";

/** A table of words and numbers, whatever form it is shown in. */
export interface Table {
  /** What it is about, where several stand one after the other. */
  readonly title?: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Sums, below a rule where there are rules. */
  readonly foot?: readonly (readonly Cell[])[];
}

/** A word, or a number, which stands to the right. */
export type Cell = string | NumberCell;

export interface NumberCell {
  readonly value: number;
  /** The number as people read it; files of numbers have `value`. */
  readonly text: string;
}

/** `5,288,548` */
export function counted(value: number): NumberCell {
  return { value, text: count(value) };
}

/** A number as words or units say it: `385.2 M`. */
export function worded(value: number, text: (value: number) => string): NumberCell {
  return { value, text: text(value) };
}

/** `-636,464` */
export function changed(value: number): NumberCell {
  return { value, text: signedCount(value) };
}

/** `-12.03 %`; nothing for what is no part of anything. */
export function percent(value: number | null): Cell {
  return value === null ? "" : { value, text: `${value.toFixed(2)} %` };
}

export function textOfCell(cell: Cell): string {
  return typeof cell === "string" ? cell : cell.text;
}

/** All rows as texts. */
export function textRows({ rows, foot = [] }: Table): readonly (readonly string[])[] {
  return [...rows, ...foot].map((row) => row.map(textOfCell));
}

/** The names of the columns of numbers. */
export function rightColumns({ head, rows, foot = [] }: Table): readonly string[] {
  return head.filter((_, column) => [...rows, ...foot].some((row) => typeof row[column] === "object"));
}
