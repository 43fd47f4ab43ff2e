import { markdownTable } from "../../base/markdown.js";
import { count } from "../../base/numbers.js";
import { isMeasure, MEASURES } from "./measures.js";
import type { PaperRow, TablesReport } from "./tables.js";

/** The columns of a table. `ours` is the exact count in the unit and rounding of the paper. */
export const TABLE_HEAD = ["network", "value", "published", "ours", "exact", "agrees"] as const;

export const RIGHT_COLUMNS: readonly string[] = ["published", "ours", "exact"];

/** The cells of a row; the last is `yes`, `no`, or `not asserted` with the reason. */
export function tableCells(row: PaperRow): readonly string[] {
  const { network, measure, published, printed, agrees, reason } = row;
  const verdict = agrees === null ? `not asserted: ${reason}` : agrees ? "yes" : "no";
  const title = isMeasure(measure) ? MEASURES[measure].title : measure;
  return [network, title, published, printed ?? "", exactText(row), verdict];
}

/** The papers' tables as Markdown. */
export function tablesMarkdown({ papers, ...totals }: TablesReport): string {
  const sections = papers.map(({ name, title, source, convention, tables }) => {
    const body = tables.map(
      (table) =>
        `\n### ${table.title}\n\n${markdownTable([...TABLE_HEAD, "spec"], table.rows.map(withSpec), RIGHT_COLUMNS)}`,
    );
    return `\n## ${title}\n\n${source}. \`ecagen tables ${name}\`; counted and printed as \`--convention ${convention}\`.\n${body.join("")}`;
  });
  return `${sections.join("").trimStart()}\n${totalsText(totals)}\n`;
}

/** `61 values agree, 0 don't, 10 are not asserted.` */
export function totalsText({ agreeing, disagreeing, notAsserted }: Omit<TablesReport, "papers">): string {
  return `${agreeing} values agree, ${disagreeing} don't, ${notAsserted} are not asserted.`;
}

/** Counts are whole; what isn't is a percentage. */
function exactText({ exact }: PaperRow): string {
  if (exact === null) return "";
  return Number.isInteger(exact) ? count(exact) : `${exact.toFixed(4)} %`;
}

function withSpec(row: PaperRow): readonly string[] {
  const { spec, passes } = row;
  const cell = spec === null ? "" : passes === null ? `\`${spec}\`` : `\`${spec}\` with \`${passes}\``;
  return [...tableCells(row), cell];
}
