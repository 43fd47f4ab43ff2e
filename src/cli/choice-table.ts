import { count } from "../base/numbers.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { RewriteReport } from "../driver/rewrite/rewrite.js";
import { table } from "./format.js";

/**
 * The networks that a choice looked at, parameters against what they do to the outputs; nothing without a choice.
 *
 * @param picture the file that shows the same, where there is one
 */
export function choiceTable(report: RewriteReport["choice"], picture: string | undefined): string {
  if (report === undefined) return "";
  const { budget, parameters, metric, curve } = report;
  const head = [
    "",
    "parameters of gates",
    "part",
    "error",
    "cosine",
    ...(metric === undefined ? [] : ["metric"]),
    "gates",
  ];
  const rows = curve.map((point) => [
    point.chosen ? "chosen" : "",
    count(point.parameters),
    `${(point.part * 100).toFixed(1)} %`,
    `${(point.output.relativeError * 100).toPrecision(3)} %`,
    point.output.cosine.toFixed(5),
    ...(metric === undefined ? [] : [String(point.metric)]),
    gatesText(point.gates),
  ]);
  const drawn = picture === undefined ? "" : `${oneVisibleLine(picture)}: the same as a picture\n`;
  const original = metric === undefined ? "" : `; the metric of the original is ${metric}`;
  return `\nthe choice keeps to ${budget}, of ${count(parameters)} parameters of gates${original}; errors and cosines of the outputs, over images that no gate was fitted to:\n\n${table(head, rows, head.slice(1, -1))}${drawn}`;
}

/** `3 removed, 2 eca, 4 kept` */
function gatesText(gates: Readonly<Record<string, string>>): string {
  const counts = new Map<string, number>();
  for (const rung of Object.values(gates)) counts.set(rung, (counts.get(rung) ?? 0) + 1);
  return [...counts].map(([rung, times]) => `${times} ${rung}`).join(", ");
}
