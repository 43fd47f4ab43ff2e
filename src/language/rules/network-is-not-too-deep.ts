import type { SpecRule } from "./rule.js";

/** Over forty times the blocks of EfficientNet-L2. */
const MAX_BLOCKS = 4096;

export const networkIsNotTooDeep: SpecRule = {
  name: "network-is-not-too-deep",
  doc: `Repeats and depth scaling must not lead to more than ${MAX_BLOCKS} blocks.`,
  remedy: "Use fewer repeats, or a smaller depth.",
  check({ resolved }, report) {
    const blocks = resolved?.blocks.length ?? 0;
    if (blocks > MAX_BLOCKS)
      report(["stages"], `the stages have ${blocks} blocks; at most ${MAX_BLOCKS} are possible`);
  },
};
