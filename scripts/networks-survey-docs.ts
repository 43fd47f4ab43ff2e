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

\`npm run networks-survey\` runs the commands on all specs that define blocks, or have a neck or heads. \`compile\` and \`stats\` use the original
input size. The other commands use images of 64×64 (107×107 for Inception-v3, 112×112 for IR-SE50), or signals of 64 steps; U-Net
and the large detectors use images of 32×32, and two-stage detectors 12 proposals and 4 detections.

| command | ok |
|---|---|
| compile | exit code 0 |
| stats | the counts equal those that the spec expects |
| diff | the spec and its ONNX file compute the same |
| verify | the outputs of ONNX Runtime and the interpreter agree, and every gate affects them |
| inspect | all gates of the network are found in the ONNX file |
| swap | \`rewrite --swap any=eca\` of the file: verified, with the same number of gates, all ECA |
| codegen ts, codegen pytorch | the program is written; test/codegen runs some of them |

\`–\`: the network has no gates. Builds: ${builds.join(", ")}.

${markdownTable(
  ["network", ...SURVEY_COMMANDS],
  rows.map(([name, { cells }]) => [name, ...SURVEY_COMMANDS.map((command) => textOf(cells[command]))]),
)}${reasons.length === 0 ? "" : `\nReasons:\n\n${reasons.join("\n")}\n`}
## Random specs

    RANDOM_SPECS=0-99 node --import tsx test/networks/random-specs.test.ts

generates one spec per seed, with all kinds of layers, and compiles it with stress weights. It compares the outputs of ONNX Runtime with those of the interpreter (3e-4 of the range),
and the multiply-accumulates of the file with those of the network; also the parameters, if nothing was folded. Seeds 0 to 4,999, run in parts at 82edeeb to b988ae7a: 4,993 right.
The other seven had a trained factor of a whole map, which the file's count left out; they are right since that was mended. Every test run includes seeds 0 to 23 and two of those. [verify-survey.md](verify-survey.md) has 2,000 specs of another generator.
`;
}

function textOf({ status }: SurveyCell): string {
  return status === "none" ? "–" : status;
}
