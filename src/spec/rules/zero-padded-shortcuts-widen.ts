import type { SpecRule } from "./rule.js";

export const zeroPaddedShortcutsWiden: SpecRule = {
  name: "ZeroPaddedShortcutsWiden",
  doc: "A shortcut padded with zeros can only gain channels.",
  check({ resolved }, report) {
    for (const block of resolved?.blocks ?? []) {
      if (!("shortcut" in block) || block.shortcut !== "zero-pad" || !block.residual) continue;
      const { specPath, inputChannels, channels } = block;
      if (inputChannels <= channels) continue;
      report(
        [...specPath, "shortcut"],
        `zeros can't make ${channels} of ${inputChannels} channels`,
        'use a shortcut of "conv" or "average-pool"',
      );
    }
  },
};
