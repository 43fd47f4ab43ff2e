import type { Table } from "../../base/table.js";
import type { TablesReport } from "../../driver/tables/tables.js";
import { table } from "../format.js";
import { formatFlag } from "../options.js";
import { defineCommand } from "./command.js";

export const tablesCommand = defineCommand({
  usage: "tables [paper]",
  doc: "Print the papers' tables next to ecagen's numbers: published value, exact count, and the count in the paper's form",
  positionals: {
    paper: { type: "string", describe: "senet, eca-net or efficientnet-eca; default: all" },
  },
  options: {
    ...formatFlag,
    markdown: { type: "boolean", default: false, describe: "Print the tables as Markdown" },
  },
  examples: [
    ["ecagen tables eca-net", "ECA-Net18 to 152, ECA-MobileNetV2 and the parameter column of table 2"],
    ["ecagen tables senet --markdown", "for a document"],
    ["ecagen tables --json", "all published values with ours, as JSON"],
  ],
  async run({ paper, markdown }) {
    const { paperTables } = await import("../../driver/tables/tables.js");
    const { RIGHT_COLUMNS, TABLE_HEAD, tableCells, tablesMarkdown, totalsText } = await import(
      "../../driver/tables/markdown.js"
    );
    const report = paperTables(paper);
    return {
      json: report,
      ok: report.disagreeing === 0,
      text() {
        if (markdown) return tablesMarkdown(report);
        const sections = report.papers.flatMap(({ title, source, tables }) => [
          `${title} (${source})\n\n`,
          ...tables.map(
            (each) => `${each.title}\n${table(TABLE_HEAD, each.rows.map(tableCells), RIGHT_COLUMNS)}\n`,
          ),
        ]);
        return `${sections.join("")}${totalsText(report)}\n`;
      },
      tables: { all: () => paperTablesOf(report, TABLE_HEAD, tableCells), md: () => tablesMarkdown(report) },
      beside: () => `${totalsText(report)}\n`,
    };
  },
});

type PaperRow = TablesReport["papers"][number]["tables"][number]["rows"][number];

function paperTablesOf(
  { papers }: TablesReport,
  head: readonly string[],
  cells: (row: PaperRow) => readonly string[],
): readonly Table[] {
  return papers.flatMap((paper) =>
    paper.tables.map(({ title, rows }) => ({
      title: `${paper.title}: ${title}`,
      head,
      rows: rows.map(cells),
    })),
  );
}
