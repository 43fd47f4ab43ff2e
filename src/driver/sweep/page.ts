import { count } from "../../base/numbers.js";
import type { Table } from "../../base/table.js";
import { chartPart } from "../../reports/charts/chart-part.js";
import type { PagePart, PageSection, PageTable } from "../../reports/page/page.js";
import { pageHtml } from "../../reports/page/render.js";
import { goalsText, sweepChart } from "./picture.js";
import type { SweepReport } from "./report.js";
import { type SweepRow, settingsOf } from "./row.js";
import { variantsTable } from "./variants-table.js";

/** A sweep as one self-contained page: what came of it, the front as a picture, all variants, and those that can't be made. */
export async function sweepPage(report: SweepReport): Promise<string> {
  const { name, variants, rows, front } = report;
  const onFront = front.ids.flatMap((id) => rows.find((row) => row.id === id) ?? []);
  return pageHtml({
    title: name,
    lead: `A sweep of ${count(variants)} variants`,
    sections: [
      { id: "summary", title: "Summary", parts: [summary(report)] },
      ...(onFront.length === 0
        ? []
        : [frontSection(report, onFront, await chartPart(sweepChart(rows, front, "page")))]),
      {
        id: "variants",
        title: "Variants",
        parts: [
          {
            ...tablePart(variantsTable(report), "All variants: settings, counts and status"),
            interactive: true,
          },
        ],
      },
      ...failedSection(rows),
    ],
  });
}

function summary({ variants, rows, kept, rejected, errors }: SweepReport): PagePart {
  const missing = variants - rows.length;
  const numbers = [
    ["variants", variants],
    ["within the constraints", kept],
    ["outside of them", rejected],
    ["can't be made", errors],
    ["not computed yet", missing],
  ] as const;
  return {
    kind: "figures",
    figures: numbers
      .filter(([what, number]) => number > 0 || what === "variants")
      .map(([what, number]) => ({ name: what, text: count(number) })),
  };
}

function frontSection(report: SweepReport, onFront: readonly SweepRow[], svg: string): PageSection {
  const { front } = report;
  const knee =
    front.knee === null
      ? "The front has no knee."
      : `Its knee, ${front.knee}, is the variant farthest below the straight line between the two ends of the front.`;
  return {
    id: "front",
    title: "Front",
    parts: [
      {
        kind: "text",
        text: `No other variant is better than these in both numbers: ${goalsText(front)}. ${knee}`,
      },
      {
        kind: "picture",
        form: "chart",
        svg,
        label: `The variants by ${goalsText(front)}; the table below has those of the front`,
      },
      tablePart(variantsTable(report, onFront), "The variants of the front"),
    ],
  };
}

function tablePart(table: Table, caption: string): Extract<PagePart, { kind: "table" }> {
  const rows: PageTable["rows"] = table.rows.map((cells) => ({ cells }));
  return { kind: "table", table: { head: table.head, rows }, caption };
}

/** Why variants can't be made, one row for each reason. */
function failedSection(rows: readonly SweepRow[]): readonly PageSection[] {
  const failed = rows.filter(({ status }) => status === "error");
  if (failed.length === 0) return [];
  const settings = settingsOf(failed);
  const table: Table = {
    head: [...settings, "what is wrong", "id"],
    rows: failed.flatMap((row) =>
      (row.errors ?? []).map(({ code, message }) => [
        ...settings.map((name) => JSON.stringify(row.settings[name]) ?? ""),
        `${message} [${code}]`,
        row.id,
      ]),
    ),
  };
  return [
    {
      id: "errors",
      title: "Can't be made",
      parts: [tablePart(table, "Variants that can't be made, and why")],
    },
  ];
}
