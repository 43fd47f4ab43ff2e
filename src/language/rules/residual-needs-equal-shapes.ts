import { factsOf } from "../blocks/registry.js";
import type { SpecRule } from "./rule.js";

export const residualNeedsEqualShapes: SpecRule = {
  name: "residual-needs-equal-shapes",
  doc: "A block can only add its input to its output if both have the same shape: stride 1, equal channels.",
  remedy: "Set stride 1 and equal channels, or remove the residual.",
  check({ written, resolved }, report) {
    for (const block of resolved?.blocks ?? []) {
      // Any other shortcut takes on the branch's shape.
      if (factsOf(block).shortcut !== "identity") continue;
      const { stage, specPath, stride, inputChannels, channels } = block;
      if (written.stages[stage]?.residual !== true || (stride === 1 && inputChannels === channels)) continue;
      const reason =
        stride > 1 ? `a block of stride ${stride}` : `a block from ${inputChannels} to ${channels} channels`;
      report(
        [...specPath, "residual"],
        `${reason} can't add its input to its output`,
        "leave `residual` out: every block of the stage that can has one then",
      );
    }
  },
};
