import { readFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "../src/base/markdown.js";
import { count } from "../src/base/numbers.js";
import { packageRoot } from "../src/files/package.js";
import type { Exception, Kills, MutantSummary, RightOnes, Summary } from "./verify-survey/summary.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from docs/verification-survey.json. Do not edit. -->

# How far \`verify\` can be trusted

The verdict of \`ecagen verify\` is right, wrong, or can't tell ([verify.md](verify.md)). This page measures how often the verdict is
correct. \`npm run verify-survey\` repeats the measurement (\`scripts/verify-survey/\`, about an hour on one core). \`--resume\` continues an
interrupted run; \`--write\` writes the result to docs/verification-survey.json, the source of this page. A full run has 2,000 random specs,
500 mutants of their files, and all networks; the tables show the numbers of the last run.
`;

/** docs/verify-survey.md: the last result of the survey, and how it was made. */
export function verificationDocs(): string {
  const file = join(packageRoot(), "docs", "verification-survey.json");
  const { specs, files, mutants, failed } = JSON.parse(readFileSync(file, "utf8")) as Summary;
  const all = [specs, files, ...Object.values(mutants)].map(({ largestRatio }) => largestRatio ?? 0);
  const notDone = failed.map(({ work, why }) => `- ${work}: ${why}\n`).join("");
  return `${INTRODUCTION}
## Right networks

A correct network with the verdict wrong is a false alarm. The networks are:

- **Random specs** over the whole language. The generator walks the JSON Schema of specs, so it covers every block, gate, activation
  and option, defined blocks, feature maps and passes. Values that violate a rule are removed until the spec is valid. Images have 8 to
  32 pixels, classifiers 1 to 17 classes, networks at most 500,000 multiply-accumulates. Each spec has its own seed for weights and images.
- **Networks of torchvision**, exported by PyTorch at opsets 9, 13 and 16, with random weights; BatchNorms have the statistics of random
  images. The files of opset 13 keep BatchNorms as nodes; in the others they are folded.

${rightTable({ "random specs": specs, [`files of torchvision's networks (${files.networks})`]: files })}
${exceptions("False alarms", [...specs.exceptions, ...files.exceptions])}${refused(files.refused)}
## Wrong networks

Each mutant is a correct file with one change. The expected verdict of \`verify FILE --against MUTANT\` is wrong. The effect of each change is
measured separately: ONNX Runtime runs both files with the same images, and the outputs are compared number by number. Only changes
that move an output by more than the tolerance count; smaller effects can't be distinguished in float32. The last two columns count the changes
that also move it with other images than those of \`verify\`. The same runs also verify the correct files:
${count(mutants.specs.made + mutants.networks.made)} times, of which ${count(mutants.specs.falseAlarms + mutants.networks.falseAlarms)} were false alarms.

${mutantTable(mutants)}
By kind of change, for both:

${kindTable([mutants.specs, mutants.networks])}
${exceptions("Mutants that moved without the verdict wrong, and false alarms", [...mutants.specs.exceptions, ...mutants.networks.exceptions])}
## The tolerance

With a tolerance that is too wide, every network is right. The tolerance is a multiple of the error of float32 arithmetic on the same network,
weights and images, which \`verify\` measures. The largest multiple in all of these runs was ${Math.max(...all)}.
${notDone === "" ? "" : `\n## Errors\n\n${notDone}`}`;
}

function rightTable(rows: Readonly<Record<string, RightOnes>>): string {
  return markdownTable(
    ["", "verified", "right", "can't tell", "wrong: false alarms"],
    Object.entries(rows).map(([name, { verified, right, undecided, wrong }]) => [
      name,
      ...[verified, right, undecided, wrong].map(count),
    ]),
    ["verified", "right", "can't tell", "wrong: false alarms"],
  );
}

function mutantTable({ specs, networks }: Summary["mutants"]): string {
  const cells = ({ moved, failed }: Kills): readonly string[] => [
    count(moved),
    `${count(failed)} (${percent(failed, moved)})`,
  ];
  const row = (name: string, summary: MutantSummary): readonly string[] => [
    name,
    count(summary.made),
    ...cells(summary),
    ...cells(summary.elsewhere),
  ];
  const head = [
    "mutants of",
    "made",
    "moved",
    "called wrong",
    "moved elsewhere too",
    "of these called wrong",
  ];
  return markdownTable(
    head,
    [row("random specs' files", specs), row("torchvision's files", networks)],
    head.slice(1),
  );
}

function kindTable(summaries: readonly MutantSummary[]): string {
  const kinds = Object.keys(summaries[0]?.byKind ?? {});
  const sum = (kind: string, key: keyof Kills): number =>
    summaries.reduce((total, { byKind }) => total + (byKind[kind]?.[key] ?? 0), 0);
  return markdownTable(
    ["change", "made", "moved", "called wrong"],
    kinds.map((kind) => [
      kind,
      ...(["made", "moved", "failed"] as const).map((key) => count(sum(kind, key))),
    ]),
    ["made", "moved", "called wrong"],
  );
}

function percent(part: number, whole: number): string {
  return whole === 0 ? "none" : `${((100 * part) / whole).toFixed(1)} %`;
}

/** What was not judged as it should be: undecided ones by name, the others with the reason. */
function exceptions(title: string, list: readonly Exception[]): string {
  const undecided = list.filter(({ said }) => said === "undecided").map(({ of }) => of);
  const others = list.filter(({ said }) => said !== "undecided");
  const lines = others.map(({ of, said, why }) => `- ${of}: ${said}. ${why[0] ?? ""}`.trimEnd());
  return [
    lines.length === 0 ? "" : `\n${title}:\n\n${lines.join("\n")}\n`,
    undecided.length === 0 ? "" : `\nCan't be told: ${undecided.join(", ")}.\n`,
  ].join("");
}

function refused(list: Summary["files"]["refused"]): string {
  if (list.length === 0) return "";
  const lines = list.map(({ file, by, why }) => `- ${file}, by ${by}: ${why}`);
  return `\nNot verified, because PyTorch has no export, ecagen can't evaluate an operator, or ONNX Runtime refuses the file:\n\n${lines.join("\n")}\n`;
}
