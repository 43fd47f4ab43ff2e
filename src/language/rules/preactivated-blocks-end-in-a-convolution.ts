import type { SpecRule } from "./rule.js";

export const preactivatedBlocksEndInAConvolution: SpecRule = {
  name: "preactivated-blocks-end-in-a-convolution",
  doc: "With `preactivation` nothing follows the last convolution of branch and shortcut, so other fields can't request an activation there.",
  remedy: "Remove the field that asks for the activation, or set `preactivation` to false.",
  check({ written }, report) {
    written.stages.forEach((stage, i) => {
      if (stage === undefined || !("preactivation" in stage) || !stage.preactivation) return;
      const message = "a block with `preactivation` has no activation there";
      if ("branchActivation" in stage && stage.branchActivation)
        report(["stages", i, "branchActivation"], message);
      if (stage.shortcut === "conv-average-pool")
        report(["stages", i, "shortcut"], message, 'use a shortcut of "average-pool"');
    });
  },
};
