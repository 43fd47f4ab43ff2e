import { count } from "../base/numbers.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { SweepReport } from "../driver/sweep/report.js";
import { variantsTable } from "../driver/sweep/variants-table.js";
import { terminalTable } from "./tables/table.js";

/** Rows that a terminal shows; of more, those of the front. */
const SHOWN = 40;

/** What a sweep prints for people. */
export function sweepText(report: SweepReport): string {
  const { rows, front } = report;
  const isLong = rows.length > SHOWN;
  const shown = isLong ? rows.filter(({ id }) => front.ids.includes(id)) : rows;
  const table = shown.length === 0 ? "" : `${terminalTable(variantsTable(report, shown))}\n`;
  const more = isLong
    ? `these are on the front; --format csv prints all ${count(rows.length)} variants\n`
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
