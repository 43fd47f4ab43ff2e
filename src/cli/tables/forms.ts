import { markdownTable, markdownText } from "../../base/markdown.js";
import { type Cell, rightColumns, type Table, textRows } from "../../base/table.js";
import { unfolded } from "../../base/visible-text.js";
import { withoutColours } from "../print.js";

/** The forms that tables are printed in; text is what a command prints without `--format`. */
export const FORMATS = ["text", "md", "csv", "latex"] as const;

export type Format = (typeof FORMATS)[number];

/** Tables in a form for documents and programs, with an empty line between two. */
export function tablesAs(format: Exclude<Format, "text">, tables: readonly Table[]): string {
  const writer = WRITERS[format];
  return tables.map((table) => writer(uncoloured(table))).join(format === "csv" ? "\r\n" : "\n");
}

/** The table without the colours of a terminal. */
export function uncoloured({ rows, ...table }: Table): Table {
  const plain = (cell: Cell): Cell => (typeof cell === "string" ? withoutColours(cell) : cell);
  return { ...table, rows: rows.map((row) => row.map(plain)) };
}

const WRITERS: Readonly<Record<Exclude<Format, "text">, (table: Table) => string>> = {
  md: markdownOf,
  csv: csvOf,
  latex: latexOf,
};

function markdownOf(table: Table): string {
  const title = table.title === undefined ? "" : `**${markdownText(table.title)}**\n\n`;
  const cell = (text: string): string => tableText(text);
  const head = table.head.map(cell);
  const right = rightColumns(table).map(cell);
  return `${title}${markdownTable(
    head,
    textRows(table).map((row) => row.map(cell)),
    right,
  )}`;
}

/** A text in a table, where parentheses, signs and bars need no escape: the table itself escapes those. */
function tableText(text: string): string {
  return unfolded(text).replace(/[\\`*_[\]<>~$&]/g, "\\$&");
}

/** Comma-separated values with a head (RFC 4180), numbers without separators. */
function csvOf({ head, rows, foot = [] }: Table): string {
  const values = [...rows, ...foot].map((row) =>
    row.map((cell) => (typeof cell === "string" ? cell : String(cell.value))),
  );
  return [head, ...values].map((row) => `${row.map(csvField).join(",")}\r\n`).join("");
}

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A `tabular` with the rules of the package booktabs. */
function latexOf(table: Table): string {
  const { title, head, rows, foot = [] } = table;
  const right = rightColumns(table);
  const columns = head.map((name) => (right.includes(name) ? "r" : "l")).join("");
  const texts = textRows(table).map((row) => `${row.map(latexText).join(" & ")} \\\\\n`);
  return [
    title === undefined ? "" : `% ${unfolded(title)}\n`,
    `\\begin{tabular}{${columns}}\n\\toprule\n${head.map(latexText).join(" & ")} \\\\\n\\midrule\n`,
    ...texts.slice(0, rows.length),
    foot.length === 0 ? "" : "\\midrule\n",
    ...texts.slice(rows.length),
    "\\bottomrule\n\\end{tabular}\n",
  ].join("");
}

/** What LaTeX would obey, and signs that its usual fonts lack. */
const LATEX: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "{": "\\{",
  "}": "\\}",
  $: "\\$",
  "&": "\\&",
  "#": "\\#",
  "%": "\\%",
  _: "\\_",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
  "|": "\\textbar{}",
  "→": "$\\to$",
  "×": "$\\times$",
  Δ: "$\\Delta$",
  ε: "$\\varepsilon$",
};

function latexText(text: string): string {
  const signed = /^-\d/.test(text) ? `$-$${latexEscaped(text.slice(1))}` : latexEscaped(text);
  // A bracket at the beginning of a row would be an argument of the line break before it.
  return signed.startsWith("[") ? `{}${signed}` : signed;
}

function latexEscaped(text: string): string {
  return unfolded(text).replace(/[\\{}$&#%_~^<>|\u2192\u00d7\u0394\u03b5]/gu, (sign) => LATEX[sign] ?? sign);
}
