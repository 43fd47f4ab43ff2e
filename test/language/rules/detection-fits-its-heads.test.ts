import { detectionFitsItsHeads } from "../../../src/language/rules/detection-fits-its-heads.js";
import { ruleSuite } from "./rule-suite.js";

const head = (name: string, channels: number): string =>
  `{ "name": "${name}", "from": ["C1"], "layers": [{ "layer": "conv", "channels": ${channels} }] }`;
const spec = (scores: number, boxes: number, detection: string): readonly string[] => [
  `"head": { "classifier": false }`,
  `"heads": [${head("classes", scores)}, ${head("moves", boxes)}]`,
  `"detection": { ${detection}, "scores": "classes", "boxes": "moves" }`,
];
const ANCHORS = `"anchors": { "sizes": [[16]] }`;

ruleSuite(detectionFitsItsHeads, {
  fine: [[[`"cn_r1_k3_s1_c8"`], spec(6, 12, ANCHORS)]],
  wrong: [
    [
      [`"cn_r1_k3_s1_c8"`],
      spec(6, 9, ANCHORS),
      ["$.detection.boxes 8:78 moves has 9 channels on C1, which has 3 anchors for each pixel"],
    ],
    [
      [`"cn_r1_k3_s1_c8"`],
      spec(3, 12, `${ANCHORS}, "regions": { "from": ["C1"], "classes": 3, "box": { "normalized": true } }`),
      [
        "$.detection.regions.box.normalized 8:114 normalisations follow convolutions, and `channels` has none",
      ],
    ],
  ],
}).run();
