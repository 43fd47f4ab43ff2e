import type { Table } from "../base/table.js";
import type { BenchReport } from "../driver/bench/bench.js";
import type { PageSection } from "../driver/report/report.js";
import type { VerifyReport } from "../driver/verify/verify.js";
import { withoutColours } from "./print.js";
import { benchTables, besideBench } from "./report-bench.js";
import { besideVerify, verifyTables } from "./report-verify.js";
import { uncoloured } from "./tables/forms.js";

/** What was run for a report. */
export interface Ran {
  /** The verification of each network, in the given order; absent if not requested. */
  readonly verification?: readonly VerifyReport[];
  /** The timings of the networks; absent if not requested. */
  readonly bench?: BenchReport;
}

/** The sections of a page that show it. */
export async function ranSections({ verification, bench }: Ran): Promise<readonly PageSection[]> {
  return [
    ...(verification === undefined ? [] : [await verifiedSection(verification)]),
    ...(bench === undefined ? [] : [benchedSection(bench)]),
  ];
}

type Part = PageSection["parts"][number];

async function verifiedSection(reports: readonly VerifyReport[]): Promise<PageSection> {
  const { toleranceText } = await import("../driver/verify/verify.js");
  const words = { right: "verified", wrong: "FAILED", undecided: "can't tell" } as const;
  const parts = reports.map((report): Part => {
    const beside = besideVerify(report, toleranceText(report.tolerance)).flatMap((text) => text.split("\n"));
    return {
      kind: "unfolding",
      summary: report.model,
      note: words[report.verdict],
      open: true,
      parts: [
        ...beside
          .filter((text) => text !== "")
          .map((text): Part => ({ kind: "text", text: withoutColours(text) })),
        ...verifyTables(report).map((table) => tablePart(table, `How ${report.model} was verified`)),
      ],
    };
  });
  return { id: "verification", title: "Verification", parts };
}

function benchedSection(report: BenchReport): PageSection {
  const tables = benchTables(report).map((table) => tablePart(table, table.title ?? "The time of one run"));
  return {
    id: "speed",
    title: "Speed",
    parts: [...tables, { kind: "text", text: besideBench(report).trim() }],
  };
}

function tablePart(table: Table, caption: string): Part {
  const { rows, foot: _, ...plain } = uncoloured(table);
  return { kind: "table", caption, table: { ...plain, rows: rows.map((cells) => ({ cells })) } };
}
