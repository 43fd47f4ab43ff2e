import type { SpecRule } from "./rule.js";

export const shortcutsFitTheirBranch: SpecRule = {
  name: "ShortcutsFitTheirBranch",
  doc: "A shortcut padded with zeros can only gain channels; one that pools or picks pixels has the branch's size only for strides up to 2, or with `same` padding.",
  check({ resolved }, report) {
    for (const block of resolved?.blocks ?? []) {
      if (block.block !== "basic" && block.block !== "bottleneck") continue;
      if (block.shortcut === "conv" || !block.residual) continue;
      const { specPath, inputChannels, channels, shortcut, stride, padding } = block;
      if (shortcut === "zero-pad" && inputChannels > channels) {
        report(
          [...specPath, "shortcut"],
          `zeros can't make ${channels} of ${inputChannels} channels`,
          'use a shortcut of "conv" or "average-pool"',
        );
      }
      if (stride > 2 && padding === "symmetric") {
        report(
          [...specPath, "stride"],
          `a shortcut of "${shortcut}" with a stride of ${stride} is not as large as its branch`,
          'use a stride of at most 2, or a shortcut of "conv"',
        );
      }
    }
  },
};
