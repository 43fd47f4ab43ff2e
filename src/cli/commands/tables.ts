import { table } from "../format.js";
import { defineCommand } from "./command.js";

export const tablesCommand = defineCommand({
  usage: "tables [paper]",
  doc: "Print the papers' tables next to ours: published value, exact count, ours printed their way",
  positionals: {
    paper: { type: "string", describe: "senet, eca-net or efficientnet-eca; left out, all of them" },
  },
  options: {
    markdown: { type: "boolean", default: false, describe: "Print the tables as Markdown" },
  },
  examples: [
    ["ecagen tables eca-net", "ECA-Net18 to 152, ECA-MobileNetV2 and the parameter column of table 2"],
    ["ecagen tables senet --markdown", "for a document"],
    ["ecagen tables --json", "every published value with ours, for a script"],
  ],
  async run({ paper, markdown }) {
    const { paperTables } = await import("../../driver/tables/tables.js");
    const report = paperTables(paper);
    return {
      json: report,
      ok: report.disagreeing === 0,
      async text() {
        const { RIGHT_COLUMNS, TABLE_HEAD, tableCells, tablesMarkdown, totalsText } = await import(
          "../../driver/tables/markdown.js"
        );
        if (markdown) return tablesMarkdown(report);
        const sections = report.papers.flatMap(({ title, source, tables }) => [
          `${title} (${source})\n\n`,
          ...tables.map(
            (each) => `${each.title}\n${table(TABLE_HEAD, each.rows.map(tableCells), RIGHT_COLUMNS)}\n`,
          ),
        ]);
        return `${sections.join("")}${totalsText(report)}\n`;
      },
    };
  },
});
