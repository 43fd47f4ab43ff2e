import type { VerifyReport } from "../driver/verify.js";
import { table, verdict } from "./format.js";

/** What `ecagen verify` prints for people. */
export function verifyText(report: VerifyReport): string {
  const { comparisons, gates, checks, notes, device, tolerance } = report;
  const comparisonRows = comparisons.map(({ a, b, batch, maxAbs, maxRel, cosine, ok }) => [
    a,
    b,
    String(batch),
    maxAbs.toExponential(1),
    maxRel.toExponential(1),
    cosine.toFixed(9),
    verdict(ok),
  ]);
  const gateRows = gates.map(({ at, gate, moved, ok }) => [
    at,
    gate,
    `${(moved * 100).toPrecision(3)} %`,
    verdict(ok),
  ]);
  const sections = [
    table(["reference", "compared", "batch", "max |Δ|", "of range", "cosine", ""], comparisonRows, [
      "batch",
      "max |Δ|",
      "of range",
    ]),
    gates.length === 0
      ? ""
      : table(["gate", "", "left out, the output moves by", ""], gateRows, ["left out, the output moves by"]),
    table(
      ["check", "", ""],
      checks.map(({ name, detail, ok }) => [name, detail, verdict(ok)]),
    ),
    notes.map((note) => `not checked: ${note}\n`).join(""),
    `tolerance: max |Δ| up to ${tolerance.maxRel} of the output's range, cosine above ${tolerance.minCosine}; device ${device.used}, ${device.cpuNodes} nodes elsewhere\n`,
    `${report.model}: ${verdict(report.ok)}\n`,
  ];
  return sections.filter((section) => section !== "").join("\n");
}
