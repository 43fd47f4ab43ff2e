import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inspect } from "../../src/driver/inspect/inspect.js";
import { type FoundStage, stagesOf } from "./stages.js";

/*
 * The stages that `ecagen inspect` finds in torchvision's classifiers, beside those of their module trees.
 *
 *     python3 scripts/torchvision/stages.py FOLDER                  exports them, with the stages of their module trees
 *     node --import tsx scripts/structure-survey/survey.ts FOLDER   writes docs/inspect-survey.md
 */

const [folder = ""] = process.argv.slice(2);
const files = readdirSync(folder).filter((file) => /\.(json|onnx)$/.test(file));
const names = [...new Set(files.map((file) => file.replace(/\.\w+$/, "")))].sort();

const rows: string[] = [];
const missing: string[] = [];
let right = 0;
for (const name of names) {
  const file = join(folder, `${name}.onnx`);
  if (!existsSync(file) || !existsSync(join(folder, `${name}.json`))) {
    missing.push(name);
    continue;
  }
  const wanted: readonly FoundStage[] = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8"));
  if (wanted.length === 0) continue;
  const found = stagesOf((await inspect(file)).blocks);
  const isRight = textOf(found) === textOf(wanted);
  if (isRight) right++;
  rows.push(`| ${name} | ${textOf(wanted)} | ${isRight ? "the same" : textOf(found)} |`);
}

writeFileSync(
  "docs/inspect-survey.md",
  `# What inspect finds in torchvision's classifiers

Each stage as its number of blocks, then the channels and the side of the map that leaves it: \`3×96@16\`. What the network has is from its
module tree, by \`scripts/torchvision/stages.py\`, which says what counts as a block; layers that only make the map smaller between blocks
do not. AlexNet and the VGGs have no blocks: each convolution behind the first one counts as one. Exports are of opset 16 by PyTorch, for images of
64x64 where the network takes them.

${right} of ${rows.length} are found as they are.${missing.length === 0 ? "" : ` Not asked, as they were not exported: ${missing.join(", ")}.`}

| network | what it has | what is found |
|---|---|---|
${rows.join("\n")}
`,
);
console.log(`${right} of ${rows.length}`);

function textOf(stages: readonly FoundStage[]): string {
  return stages
    .map(({ blocks, channels, side }) => `${blocks}×${channels}${side === null ? "" : `@${side}`}`)
    .join(", ");
}
