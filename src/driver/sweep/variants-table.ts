import { type Cell, counted, type Table, worded } from "../../base/table.js";
import type { SweepReport } from "./report.js";
import { type SweepRow, settingsOf } from "./row.js";

/** The variants, a row for each: what is set, what was counted, what became of it. */
export function variantsTable(
  { rows, front }: Pick<SweepReport, "rows" | "front">,
  shown: readonly SweepRow[] = rows,
): Table {
  const bases = new Set(rows.map(({ base }) => base)).size > 1;
  const settings = settingsOf(rows);
  const [verified, timed] = [rows.some(({ verify }) => verify), rows.some(({ bench }) => bench)];
  return {
    head: [
      ...(bases ? ["base"] : []),
      ...settings,
      ...["parameters", "attention's", "MACs", "gate count"],
      ...(timed ? ["median ms"] : []),
      ...(verified ? ["verified"] : []),
      ...["status", "front", "id"],
    ],
    rows: shown.map((row): readonly Cell[] => [
      ...(bases ? [row.base] : []),
      ...settings.map((name) => settingCell(row.settings[name])),
      ...[row.parameters, row.attentionParameters, row.macs, row.gateCount].map(countCell),
      ...(timed ? [msCell(row)] : []),
      ...(verified ? [row.verify?.verdict ?? ""] : []),
      statusText(row),
      row.id === front.knee ? "knee" : front.ids.includes(row.id) ? "yes" : "",
      row.id,
    ]),
  };
}

function settingCell(value: unknown): Cell {
  if (typeof value === "number") return { value, text: String(value) };
  if (value === undefined) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function countCell(value: number | undefined): Cell {
  return value === undefined ? "" : counted(value);
}

function msCell({ bench }: SweepRow): Cell {
  return bench === undefined ? "" : worded(bench.medianMs, (ms) => ms.toFixed(2));
}

function statusText({ status, missed = [], errors = [] }: SweepRow): string {
  if (status === "rejected") return `not ${missed.join(", not ")}`;
  return status === "error" ? `error: ${errors[0]?.code ?? ""}` : status;
}
