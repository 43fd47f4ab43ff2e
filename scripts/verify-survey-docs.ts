import { readFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "../src/base/markdown.js";
import { count } from "../src/base/numbers.js";
import { packageRoot } from "../src/files/package.js";
import type { Exception, Kills, MutantSummary, RightOnes, Summary } from "./verify-survey/summary.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from docs/verification-survey.json. Do not edit. -->

# How far \`verify\` can be trusted

\`ecagen verify\` says of a network that it is right, that it is wrong, or that it can't tell ([verify.md](verify.md)). This page is the
measurement of how often that is true. \`npm run verify-survey\` makes it anew (\`scripts/verify-survey/\`, about an hour on one core; \`--resume\` goes on
where it was ended), \`--write\` keeps the result as docs/verification-survey.json, and this page is made of that file. The whole
is 2,000 random specs, 500 mutants of their files, and all networks; the tables say how many of each the last result has.
`;

/** docs/verify-survey.md: the last result of the survey, and how it was made. */
export function verificationDocs(): string {
  const file = join(packageRoot(), "docs", "verification-survey.json");
  const { specs, files, mutants, failed } = JSON.parse(readFileSync(file, "utf8")) as Summary;
  const all = [specs, files, ...Object.values(mutants)].map(({ largestRatio }) => largestRatio ?? 0);
  const notDone = failed.map(({ work, why }) => `- ${work}: ${why}\n`).join("");
  return `${INTRODUCTION}
## Right networks

A right network that is called wrong is a false alarm. The networks are:

- **Random specs** over the whole language: the generator walks the JSON Schema of specs, so it knows every block, gate, activation
  and option, blocks that a spec defines itself, feature maps and passes. What is against a rule is taken out until the spec is valid. Images have 8 to
  32 pixels, classifiers 1 to 17 classes, networks at most 500,000 multiply-accumulates. Each has the seed of its own weights and images.
- **Networks of torchvision**, exported by PyTorch at opsets 9, 13 and 16, with random weights; BatchNorms have the statistics of random
  images. The files of opset 13 keep them as nodes, the others have them folded.

${rightTable({ "random specs": specs, [`files of torchvision's networks (${files.networks})`]: files })}
${exceptions("False alarms", [...specs.exceptions, ...files.exceptions])}${refused(files.refused)}
## Wrong networks

Each mutant is a right file with one change. \`verify FILE --against MUTANT\` has to say wrong. How far a change moves the outputs is
measured by itself: ONNX Runtime runs both files with the same images, and the outputs are compared number by number. Only changes
that move an output by more than the tolerance count; the others are below what float32 can tell. The last two columns count those that
also move it with images other than those of \`verify\`. In the same runs the right files are verified too:
${count(mutants.specs.made + mutants.networks.made)} times, of which ${count(mutants.specs.falseAlarms + mutants.networks.falseAlarms)} were false alarms.

${mutantTable(mutants)}
By what was changed, of both:

${kindTable([mutants.specs, mutants.networks])}
${exceptions("Not called wrong although they moved, and right files that were called wrong", [...mutants.specs.exceptions, ...mutants.networks.exceptions])}
## The tolerance

A tolerance that is too wide calls everything right. It is a multiple of the error that float32 arithmetic makes on the same network
with the same weights and images, which \`verify\` measures. The largest multiple in all of the above was ${Math.max(...all)}.
${notDone === "" ? "" : `\n## What ended in an error\n\n${notDone}`}`;
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
