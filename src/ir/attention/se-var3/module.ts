import * as z from "zod";
import { startOfGates } from "../identity.js";
import { defineLinearGate } from "../linear-gate.js";
import { defineAttention, initializationAt } from "../module.js";

/**
 * SE-Var3 of the ECA paper: each channel's gate depends on all channels, by one dense layer without bias.
 *
 *     result = x · σ(W·y), y the mean of x over H and W, W of [C, C]
 */
export const seVar3 = defineAttention({
  type: "se-var3",
  title: "SE-Var3",
  options: () => z.strictObject({}),
  op: defineLinearGate({
    doc: "x · sigmoid(W · mean of x over H and W): one full layer without bias",
    source: "ECA-Net (CVPR 2020), section 3.2.1 and table 2",
  }),
  plan(_options, site) {
    const { channels } = site;
    const { conv } = initializationAt(site);
    return {
      attributes: { gate: "sigmoid" as const, group: 1 },
      parameters: [{ name: "fc.weight", dims: [channels, channels, 1, 1], init: conv(1) }],
    };
  },
  identity: () => startOfGates("sigmoid", { zero: ["fc.weight"] }),
  describe: (_attributes, { x }) => `${x.dims[1]} → ${x.dims[1]}`,
});
