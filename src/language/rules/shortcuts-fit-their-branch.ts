import type { RuleFacts } from "../blocks/block-kind.js";
import { factsOf } from "../blocks/registry.js";
import type { SpecRule } from "./rule.js";

export const shortcutsFitTheirBranch: SpecRule = {
  name: "shortcuts-fit-their-branch",
  doc: "A shortcut padded with zeros can only add channels; one that pools or subsamples has the branch's size only for strides up to 2, or with `same` padding.",
  remedy: "Choose another `shortcut`, or change channels, stride or padding so that both have one shape.",
  check({ resolved }, report) {
    for (const block of resolved?.blocks ?? []) {
      const { shortcut } = factsOf(block);
      if (!block.residual || FITS_ANY_STRIDE[shortcut]) continue;
      const { specPath, inputChannels, channels, stride, padding } = block;
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

/** Whether the shortcut has the branch's size whatever the stride: a convolution has the branch's windows. */
const FITS_ANY_STRIDE: { readonly [S in RuleFacts["shortcut"]]: boolean } = {
  identity: true,
  layers: true,
  conv: true,
  "average-pool": false,
  "conv-average-pool": false,
  "zero-pad": false,
};
