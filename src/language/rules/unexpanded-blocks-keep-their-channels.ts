import type { SpecRule } from "./rule.js";

export const unexpandedBlocksKeepTheirChannels: SpecRule = {
  name: "unexpanded-blocks-keep-their-channels",
  doc: "Without an expansion layer nothing changes the number of channels before the depthwise convolution.",
  remedy: "Give the block an `expansion` other than 1, or the channels that enter it.",
  check({ written }, report) {
    written.stages.forEach((stage, i) => {
      if (stage === undefined || !("expansionLayer" in stage)) return;
      if (stage.expansionLayer !== false || stage.expansion === 1) return;
      report(
        ["stages", i, "expansionLayer"],
        `an expansion of ${stage.expansion} needs its expansion layer`,
        "use an expansion of 1, or leave `expansionLayer` out",
      );
    });
  },
};
