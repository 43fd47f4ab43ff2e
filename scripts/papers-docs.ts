import { tablesMarkdown } from "../src/driver/tables/markdown.js";
import { paperTables } from "../src/driver/tables/tables.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from papers/ and the specs. Do not edit. -->

# The papers' tables next to ours

The output of \`ecagen tables --markdown\`. The published values are in \`papers/\`; our values are counted when the command runs. *Ours*
is the exact count in the paper's unit and rounding, with the paper's number of digits. A row agrees if this text equals the
published one. Rows without an assertion have a reason, and don't count as successes.

\`ecagen stats SPEC --convention CONVENTION\` prints the totals of any network by one of these conventions:

- \`exact\`: exact counts
- \`senet\`: divides by 10^6 and 10^9 and rounds up
- \`eca\`: M and G are 2^20 and 2^30; operations are counted as thop did in July 2019
- \`efficientnet\`: divides by 10^6 and 10^9 and rounds to the nearest
- \`mmdet\`: leaves out the layers that mmdetection freezes, the stem and the first stage, as for the detectors in the ECA-Net README

thop counts PyTorch modules. Of a module that runs several times it counts only the last call. torchvision's residual blocks use one
ReLU module for all their activations, so only the one after the sum counts; stems, gates and the layers of MobileNetV2 have
separate modules. MobileNetV2 computes its last mean with a tensor method, which is not a module. \`src/analysis/conventions/thop.ts\` has
the rules.

`;

/** docs/papers.md: every table of the papers, counted now. */
export function papersDocs(): string {
  return INTRODUCTION + tablesMarkdown(paperTables());
}
