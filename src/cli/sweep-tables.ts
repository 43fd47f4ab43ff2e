import { count } from "../base/numbers.js";
import { type Cell, counted, type Table, worded } from "../base/table.js";
import { oneVisibleLine } from "../base/visible-text.js";
import { type SweepRow, settingsOf } from "../driver/sweep/row.js";
import type { SweepReport } from "../driver/sweep/sweep.js";
import { terminalTable } from "./tables/table.js";

/** Rows that a terminal shows; of more, those of the front. */
const SHOWN = 40;

/** The variants, a row for each: what is set, what was counted, what became of it. */
export function variantsTable({ rows, front }: SweepReport, shown: readonly SweepRow[] = rows): Table {
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

/** What a sweep prints for people. */
export function sweepText(report: SweepReport): string {
  const { rows, front } = report;
  const isLong = rows.length > SHOWN;
  const shown = isLong ? rows.filter(({ id }) => front.ids.includes(id)) : rows;
  const table = shown.length === 0 ? "" : `${terminalTable(variantsTable(report, shown))}\n`;
  const more = isLong
    ? `the ${count(shown.length)} variants of the front; --format csv prints all ${count(rows.length)}\n`
    : "";
  return `${table}${more}${besideVariants(report)}`;
}

/** What is said of a sweep besides its table. */
export function besideVariants(report: SweepReport): string {
  const { name, variants, found, kept, rejected, errors, front, output } = report;
  const parts = [
    `${count(kept)} kept to the constraints`,
    ...(rejected === 0 ? [] : [`${count(rejected)} did not`]),
    ...(errors === 0 ? [] : [`${count(errors)} can't be made`]),
  ];
  const aims = [front.across, front.up].map(({ better, quantity }) => `${better} ${quantity}`);
  const knee = front.knee === null ? "" : `; its knee is ${front.knee}`;
  return [
    `${oneVisibleLine(name)}: ${count(variants)} variants, ${parts.join(", ")}\n`,
    front.ids.length === 0 ? "" : `front of ${aims.join(" and ")}: ${count(front.ids.length)}${knee}\n`,
    found === 0 ? "" : `${count(found)} were in the file before\n`,
    output === null ? "" : `results: ${oneVisibleLine(output)}\n`,
  ].join("");
}
