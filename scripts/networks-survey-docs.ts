import { readFileSync } from "node:fs";
import { join } from "node:path";
import { markdownTable } from "../src/base/markdown.js";
import { packageRoot } from "../src/files/package.js";
import { SURVEY_COMMANDS, type Survey, type SurveyCell } from "./networks-survey/result.js";

/** docs/networks-survey.md: the commands on the specs that are more than chains of shipped blocks, as the last run of them was. */
export function networksSurveyDocs(): string {
  const rows = Object.entries(
    JSON.parse(readFileSync(join(packageRoot(), "docs", "networks-survey.json"), "utf8")) as Survey,
  );
  const reasons = rows.flatMap(([name, { cells }]) =>
    SURVEY_COMMANDS.flatMap((command) => {
      const { why } = cells[command];
      return why === undefined ? [] : [`- ${name}, ${command}: ${why}`];
    }),
  );
  const builds = [...new Set(rows.map(([, { build }]) => build))];
  return `<!-- Made by scripts/generate.ts from docs/networks-survey.json. Do not edit. -->

# Today's networks, command by command

\`npm run networks-survey\` runs the commands on the specs that define blocks of their own, or have a neck or heads. \`compile\` and \`stats\` take the whole
network, the others the same network for images of 64×64 (107×107 for Inception-v3, 112×112 for IR-SE50), or signals of 64 steps; U-Net
and the large detectors take images of 32×32, those in two stages with 12 proposals and 4 detections.

| command | ok |
|---|---|
| compile | exit code 0 |
| stats | the counts that the spec's file expects |
| diff | the spec and its ONNX file compute the same |
| verify | ONNX Runtime gives what the interpreter gives, and every gate matters |
| inspect | as many gates are found in the ONNX file as the network has |
| swap | \`rewrite --swap any=eca\` of the file, verified: as many gates are ECA's then |
| codegen ts, codegen pytorch | the program is written; test/codegen runs some |

\`–\`: the network has no gates. The builds: ${builds.join(", ")}.

${markdownTable(
  ["network", ...SURVEY_COMMANDS],
  rows.map(([name, { cells }]) => [name, ...SURVEY_COMMANDS.map((command) => textOf(cells[command]))]),
)}${reasons.length === 0 ? "" : `\nReasons:\n\n${reasons.join("\n")}\n`}
## Random specs

    RANDOM_SPECS=0-99 node --import tsx test/networks/random-specs.test.ts

writes specs with all kinds of layers by a seed each, compiles them with stress weights, and compares ONNX Runtime with the interpreter (2e-4 of the range), and the multiply-accumulates
and, where nothing is folded, the parameters of the file with those of the network. Seeds 0 to 499, run in parts at 82edeeb to 40403db: 500 of 500 right. Every test run has seeds 0 to 23. Another
generator's 2,000 are in [verify-survey.md](verify-survey.md).
`;
}

function textOf({ status }: SurveyCell): string {
  return status === "none" ? "–" : status;
}
