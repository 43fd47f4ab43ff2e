import { toleranceText, type VerifyReport } from "../driver/verify.js";
import { deviceText, table, verdict } from "./format.js";

type Compared = VerifyReport["comparisons"][number] | NonNullable<VerifyReport["blocks"]>[number];

/** What `ecagen verify` prints for people. */
export function verifyText(report: VerifyReport): string {
  const { comparisons, blocks = [], gates, checks, device, tolerance, placements } = report;
  const outputs = new Set(comparisons.map(({ output }) => output)).size;
  const seeds = new Set(comparisons.map(({ seed }) => seed)).size;
  const outside = placements.flatMap(({ model, onCpu }) =>
    onCpu.map(({ node, op, block }) => [model, node, op, block, "CPU"]),
  );
  const gateRows = gates.effects.map(({ at, gate, moved, ok }) => [
    at,
    gate,
    `${(moved * 100).toPrecision(3)} %`,
    verdict(ok),
  ]);
  const leftOut = `left out, the output moves by (${gates.image.join("x")})`;
  const sections = [
    compared("output", comparisons, ({ output }) => output, { label: outputs > 1, seed: seeds > 1 }),
    blocks.length === 0 ? "" : compared("block", blocks, ({ block }) => block, { label: true, seed: false }),
    outside.length === 0 ? "" : table(["model", "node", "op", "block", "ran on"], outside),
    gates.effects.length === 0 ? "" : table(["gate", "", leftOut, ""], gateRows, [leftOut]),
    checks.length === 0
      ? ""
      : table(
          ["check", "", ""],
          checks.map(({ name, detail, ok }) => [name, detail, verdict(ok)]),
        ),
    `tolerance of ${toleranceText(tolerance)}\n`,
    `${deviceText(device)}\n`,
    report.firstDivergence === undefined
      ? ""
      : `first block that differs: ${report.firstDivergence ?? "none"}\n`,
    `${report.model}: ${verdict(report.ok)}\n`,
  ];
  return sections.filter((section) => section !== "").join("\n");
}

/** A table of comparisons; columns that say the same in every row are left out. */
function compared<T extends Compared>(
  what: string,
  comparisons: readonly T[],
  nameOf: (each: T) => string,
  show: { readonly label: boolean; readonly seed: boolean },
): string {
  const numbers = ["batch", "max |Δ|", "mean |Δ|", "median |Δ|", "of range", "cosine"];
  const head = [
    ...(show.label ? [what] : []),
    "weights",
    "reference",
    "compared",
    ...(show.seed ? ["seed"] : []),
    ...numbers,
    "",
  ];
  const rows = comparisons.map((each) => [
    ...(show.label ? [nameOf(each)] : []),
    each.weights,
    each.a,
    each.b,
    ...(show.seed ? [String(each.seed)] : []),
    String(each.batch),
    ...[each.maxAbs, each.meanAbs, each.medianAbs, each.maxRel].map((number) => number.toExponential(1)),
    each.cosine.toFixed(9),
    verdict(each.ok),
  ]);
  return table(head, rows, ["seed", ...numbers]);
}
