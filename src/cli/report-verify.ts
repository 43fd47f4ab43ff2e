import type { VerifyReport } from "../driver/verify.js";
import { table, verdict } from "./format.js";

/** What `ecagen verify` prints for people. */
export function verifyText(report: VerifyReport): string {
  const { comparisons, gates, checks, device, tolerance } = report;
  const comparisonRows = comparisons.map(({ a, b, batch, maxAbs, maxRel, cosine, ok }) => [
    a,
    b,
    String(batch),
    maxAbs.toExponential(1),
    maxRel.toExponential(1),
    cosine.toFixed(9),
    verdict(ok),
  ]);
  const gateRows = gates.effects.map(({ at, gate, moved, ok }) => [
    at,
    gate,
    `${(moved * 100).toPrecision(3)} %`,
    verdict(ok),
  ]);
  const leftOut = `left out, the output moves by (${gates.image.join("x")})`;
  const sections = [
    table(["reference", "compared", "batch", "max |Δ|", "of range", "cosine", ""], comparisonRows, [
      "batch",
      "max |Δ|",
      "of range",
    ]),
    gates.effects.length === 0 ? "" : table(["gate", "", leftOut, ""], gateRows, [leftOut]),
    table(
      ["check", "", ""],
      checks.map(({ name, detail, ok }) => [name, detail, verdict(ok)]),
    ),
    `tolerance of ${tolerance.precision}: max |Δ| up to ${tolerance.maxRel} of the output's range, cosine above ${tolerance.minCosine}; device ${device.used}, ${device.cpuNodes} nodes elsewhere\n`,
    `${report.model}: ${verdict(report.ok)}\n`,
  ];
  return sections.filter((section) => section !== "").join("\n");
}
