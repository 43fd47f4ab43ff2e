import { oneVisibleLine } from "../base/visible-text.js";
import type { VerifyReport } from "../driver/verify/verify.js";
import { deviceText, judgement, table, verdict } from "./format.js";

type Compared = VerifyReport["comparisons"][number] | NonNullable<VerifyReport["blocks"]>[number];

/** What `ecagen verify` prints for people; the tolerance in words. */
export function verifyText(report: VerifyReport, tolerance: string): string {
  const { comparisons, blocks = [], gates, checks, device, placements } = report;
  const outputs = new Set(comparisons.map(({ output }) => output)).size;
  const seeds = new Set(comparisons.map(({ seed }) => seed)).size;
  const outside = placements.flatMap(({ model, onCpu }) =>
    onCpu.map(({ node, op, block }) => [model, node, op, block, "CPU"]),
  );
  const gateRows = gates.effects.map(({ at, gate, moved, ok }) => [
    at,
    gate,
    `${(moved * 100).toPrecision(3)} %`,
    judgement(ok ? "right" : "undecided"),
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
          checks.map(({ name, detail, ok, undecided }) => [
            name,
            detail,
            undecided ? judgement("undecided") : verdict(ok),
          ]),
        ),
    `tolerance of ${tolerance}\n`,
    `${deviceText(device)}\n`,
    report.firstDivergence === undefined
      ? ""
      : `first block that differs: ${report.firstDivergence ?? "none"}\n`,
    whyText(report),
    `${oneVisibleLine(report.model)}: ${judgement(report.verdict)}\n`,
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
  const numbers = ["batch", "max |Δ|", "allowed", "mean |Δ|", "median |Δ|", "of range", "cosine"];
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
    ...[each.maxAbs, each.tolerance, each.meanAbs, each.medianAbs, each.maxRel].map((number) =>
      number.toExponential(1),
    ),
    each.cosine.toFixed(9),
    judgement(each.verdict),
  ]);
  return table(head, rows, ["seed", ...numbers]);
}

/** What is wrong with each output, or why it can't be told, and what to do. */
function whyText({ verdict: found, comparisons, blocks = [], undecided }: VerifyReport): string {
  if (found === "undecided") {
    return `can't tell, since\n${undecided.map((each) => `  ${each}\n`).join("")}Other inputs (--seeds) or weights (--seed, --weights) may show it; --allow-undecided exits 0.\n`;
  }
  const wrong = [...comparisons, ...blocks].filter(({ verdict }) => verdict === "wrong");
  return wrong
    .slice(0, MOST_REASONS)
    .map(
      (each) => `${"output" in each ? each.output : each.block} of ${each.b}, ${each.weights}: ${each.why}\n`,
    )
    .join("");
}

const MOST_REASONS = 3;
