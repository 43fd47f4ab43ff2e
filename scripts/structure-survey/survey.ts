import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "../../src/driver/inspect/inspect.js";
import { type FoundStage, stagesOf } from "./stages.js";

/*
 * The stages that `ecagen inspect` finds in torchvision's classifiers, beside those of their module trees.
 *
 *     python3 scripts/torchvision/stages.py FOLDER                  exports them, with the stages of their module trees
 *     node --import tsx scripts/structure-survey/survey.ts FOLDER   writes docs/inspect-survey.md
 *
 * Networks that are not in the folder keep their rows.
 */

const PAGE = "docs/inspect-survey.md";

const [folder = ""] = process.argv.slice(2);
const files = readdirSync(folder).filter((file) => /\.(json|onnx)$/.test(file));
const names = [...new Set(files.map((file) => file.replace(/\.\w+$/, "")))].sort();

/** The rows of the page, by network. */
const rows = new Map(
  readFileSync(PAGE, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, name] = /^\| (\w+) \| \d/.exec(line) ?? [];
      return name === undefined ? [] : [[name, line] as const];
    }),
);
for (const name of names) {
  const file = join(folder, `${name}.onnx`);
  if (!existsSync(file) || !existsSync(join(folder, `${name}.json`))) continue;
  const wanted: readonly FoundStage[] = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
  if (wanted.length === 0) continue;
  const found = stagesOf((await inspect(file)).blocks);
  const isRight = textOf(found) === textOf(wanted);
  rows.set(name, `| ${name} | ${textOf(wanted)} | ${isRight ? "the same" : textOf(found)} |`);
}

const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
const right = sorted.filter((row) => row.endsWith("| the same |")).length;
writeFileSync(
  PAGE,
  `# What inspect finds in torchvision's classifiers

Each stage as its number of blocks, then the channels and the side of the map that leaves it: \`3×96@16\`. What the network has is from its
module tree, by \`scripts/torchvision/stages.py\`, which says what counts as a block; layers that only make the map smaller between blocks
do not. AlexNet and the VGGs have no blocks: each convolution behind the first one counts as one. Exports are of opset 16 by PyTorch, for images of
64x64 where the network takes them.

${right} of ${sorted.length} are found as they are.

| network | what it has | what is found |
|---|---|---|
${sorted.join("\n")}
`,
);
console.log(`${right} of ${sorted.length}`);

function textOf(stages: readonly FoundStage[]): string {
  return stages
    .map(({ blocks, channels, side }) => `${blocks}×${channels}${side === null ? "" : `@${side}`}`)
    .join(", ");
}
