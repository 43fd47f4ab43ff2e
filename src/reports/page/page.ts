import type { Cell, Table } from "../../base/table.js";

/*
 * What a page of a report shows, as data: sections of texts, tables, charts, and parts that unfold. `pageHtml` makes the page of it. Every text
 * is plain; only pictures are markup, made by ecagen itself.
 */

export interface Page {
  readonly title: string;
  /** One line below the title. */
  readonly lead?: string;
  readonly sections: readonly PageSection[];
}

export interface PageSection {
  /** Unique in the page, in small letters: the part of a link after `#`. */
  readonly id: string;
  readonly title: string;
  readonly parts: readonly PagePart[];
}

export type PagePart =
  | TextPart
  | HeadingPart
  | FiguresPart
  | TablePart
  | PicturePart
  | UnfoldingPart
  | BesidePart;

/** A paragraph. */
export interface TextPart {
  readonly kind: "text";
  readonly text: string;
}

/** A heading inside of a section. */
export interface HeadingPart {
  readonly kind: "heading";
  readonly text: string;
}

/** Facts in a row, the number large. */
export interface FiguresPart {
  readonly kind: "figures";
  readonly figures: readonly { readonly name: string; readonly text: string; readonly note?: string }[];
}

export interface TablePart {
  readonly kind: "table";
  readonly table: PageTable;
  /** What the table has, for people who hear the page too. */
  readonly caption: string;
  /** Whether rows can be sorted and filtered. */
  readonly interactive?: boolean;
}

/** A table, with what colours and links add. */
export interface PageTable extends Omit<Table, "rows" | "foot"> {
  readonly rows: readonly PageRow[];
  readonly foot?: readonly PageRow[];
  /** Heads of columns beside each other, over those of the columns: as many columns as each spans, all together. */
  readonly groups?: readonly { readonly title: string; readonly span: number }[];
  /** Shorter heads, as under `groups`; `head` stands alone in other forms. */
  readonly short?: readonly string[];
}

export interface PageRow {
  readonly cells: readonly PageCell[];
  /** What is compared is not the same here. Said by a sign as well as a colour. */
  readonly differs?: boolean;
}

export type PageCell = Cell | MarkedCell;

/** A cell that is drawn otherwise. */
export interface MarkedCell {
  readonly cell: Cell;
  /** Gates are drawn in the colour of their kind. */
  readonly gates?: readonly { readonly kind: string; readonly text: string }[];
  /** How it differs from what it is compared with. */
  readonly mark?: "changed" | "added" | "removed";
  /** A place in the page: `#` and an id. */
  readonly link?: string;
}

export interface PicturePart {
  readonly kind: "picture";
  /** An SVG that ecagen made. */
  readonly svg: string;
  /** What it shows, in words. */
  readonly label: string;
  readonly caption?: string;
  /** A chart, or nodes and edges; in those that are linked nodes lead to other parts of the page, and they scroll in a frame. */
  readonly form: "chart" | "graph" | "linked-graph";
}

export interface UnfoldingPart {
  readonly kind: "unfolding";
  readonly summary: string;
  readonly gates?: MarkedCell["gates"];
  /** A dim text at the end of the line. */
  readonly note?: string;
  readonly id?: string;
  readonly open?: boolean;
  readonly parts: readonly PagePart[];
}

/** Columns, where there is room for them. */
export interface BesidePart {
  readonly kind: "beside";
  readonly columns: readonly (readonly PagePart[])[];
}

/** The table in the forms that have no colours. */
export function plainTable({ rows, foot, groups: _, short: __, ...table }: PageTable): Table {
  const plain = (list: readonly PageRow[]): Table["rows"] => list.map(({ cells }) => cells.map(plainCell));
  return { ...table, rows: plain(rows), ...(foot === undefined ? {} : { foot: plain(foot) }) };
}

export function plainCell(cell: PageCell): Cell {
  return typeof cell === "object" && "cell" in cell ? cell.cell : cell;
}

/** A cell that is marked as changed, where it is. */
export function marked(cell: Cell, differs: boolean): PageCell {
  return differs ? { cell, mark: "changed" } : cell;
}
