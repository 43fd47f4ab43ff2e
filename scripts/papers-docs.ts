import { tablesMarkdown } from "../src/driver/tables/markdown.js";
import { paperTables } from "../src/driver/tables/tables.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from papers/ and the specs. Do not edit. -->

# The papers' tables next to ours

What \`ecagen tables --markdown\` prints. The published values are in \`papers/\`; ours are counted when the command runs. *Ours*
is the exact count in the unit and rounding of the paper, to as many digits as it prints; a row agrees if that is the
published text. Where a published value is not asserted, the reason is said, and the row counts as no success.

\`ecagen stats SPEC --convention exact|senet|eca|efficientnet|mmdet\` prints any network's totals in the same ways: the SENet paper
divides by 10^6 and 10^9 and rounds up; the ECA paper's M and G are 2^20 and 2^30, and its operations are those that thop
counted in July 2019; EfficientNet divides by 10^6 and 10^9 and rounds to the nearest. mmdet leaves out what mmdetection freezes,
the stem and the first stage; the ECA-Net README's detectors are counted so.

thop counts PyTorch modules, and of a module that runs several times the last call. torchvision's residual blocks have one
ReLU module for all their activations, so only the one after the sum counts; stems, gates and the layers of MobileNetV2 have
one each. MobileNetV2 takes its last mean with a tensor's method, which is no module. \`src/analysis/conventions/thop.ts\` has
the rules.

`;

/** docs/papers.md: every table of the papers, counted now. */
export function papersDocs(): string {
  return INTRODUCTION + tablesMarkdown(paperTables());
}
