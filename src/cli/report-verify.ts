import { type Cell, counted, type Table, worded } from "../base/table.js";
import { oneVisibleLine } from "../base/visible-text.js";
import type { VerifyReport } from "../driver/verify/verify.js";
import { deviceText, judgement, verdict } from "./format.js";
import { terminalTable } from "./tables/table.js";

type Compared = VerifyReport["comparisons"][number] | NonNullable<VerifyReport["blocks"]>[number];

/** What `ecagen verify` prints for people; the tolerance in words. */
export function verifyText(report: VerifyReport, tolerance: string): string {
  const sections = [...verifyTables(report).map(terminalTable), ...besideVerify(report, tolerance)];
  return sections.filter((section) => section !== "").join("\n");
}

/** What is said besides the tables, in parts. */
export function besideVerify(report: VerifyReport, tolerance: string): readonly string[] {
  return [
    `tolerance of ${tolerance}\n`,
    `${deviceText(report.device)}\n`,
    report.firstDivergence === undefined
      ? ""
      : `first block that differs: ${report.firstDivergence ?? "none"}\n`,
    whyText(report),
    `${oneVisibleLine(report.model)}: ${judgement(report.verdict)}\n`,
  ];
}

/** The comparisons of outputs and blocks, nodes that ran elsewhere, gates and checks, where there are some. */
export function verifyTables({
  comparisons,
  blocks = [],
  gates,
  checks,
  placements,
}: VerifyReport): readonly Table[] {
  const outputs = new Set(comparisons.map(({ output }) => output)).size;
  const seeds = new Set(comparisons.map(({ seed }) => seed)).size;
  const outside = placements.flatMap(({ model, onCpu }) =>
    onCpu.map(({ node, op, block }) => [model, node, op, block, "CPU"]),
  );
  const gateRows = gates.effects.map(({ at, gate, moved, ok }) => [
    at,
    gate,
    worded(moved, (part) => `${(part * 100).toPrecision(3)} %`),
    judgement(ok ? "right" : "undecided"),
  ]);
  const leftOut = `left out, the output moves by (${gates.image.join("x")})`;
  const checkRows = checks.map(({ name, detail, ok, undecided }) => [
    name,
    detail,
    undecided ? judgement("undecided") : verdict(ok),
  ]);
  const tables: readonly Table[] = [
    compared("output", comparisons, ({ output }) => output, { label: outputs > 1, seed: seeds > 1 }),
    compared("block", blocks, ({ block }) => block, { label: true, seed: false }),
    { head: ["model", "node", "op", "block", "ran on"], rows: outside },
    { head: ["gate", "", leftOut, ""], rows: gateRows },
    { head: ["check", "", ""], rows: checkRows },
  ];
  return tables.filter(({ rows }) => rows.length > 0);
}

/** A table of comparisons; columns that say the same in every row are left out. */
function compared<T extends Compared>(
  what: string,
  comparisons: readonly T[],
  nameOf: (each: T) => string,
  show: { readonly label: boolean; readonly seed: boolean },
): Table {
  const head = [
    ...(show.label ? [what] : []),
    "weights",
    "reference",
    "compared",
    ...(show.seed ? ["seed"] : []),
    ...["batch", "max |Δ|", "allowed", "mean |Δ|", "median |Δ|", "of range", "cosine"],
    "",
  ];
  const rows = comparisons.map((each): readonly Cell[] => [
    ...(show.label ? [nameOf(each)] : []),
    each.weights,
    each.a,
    each.b,
    ...(show.seed ? [counted(each.seed)] : []),
    counted(each.batch),
    ...[each.maxAbs, each.tolerance, each.meanAbs, each.medianAbs, each.maxRel].map((number) =>
      worded(number, (value) => value.toExponential(1)),
    ),
    worded(each.cosine, (value) => value.toFixed(9)),
    judgement(each.verdict),
  ]);
  return { head, rows };
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
