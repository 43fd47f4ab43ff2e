import * as z from "zod";
import { refuse } from "../../types.js";
import { startOfGates } from "../identity.js";
import { defineLinearGate } from "../linear-gate.js";
import { defineAttention, initializationAt } from "../module.js";

/**
 * SE-GC of the ECA paper: a group convolution over the channels. W is block-diagonal, with G blocks of C/G
 * channels, so it has C²/G weights.
 *
 *     result = x · σ(W·y), y the mean of x over H and W
 */
export const seGc = defineAttention({
  type: "se-gc",
  title: "SE-GC",
  options: () =>
    z.strictObject({
      groups: z
        .int()
        .min(1)
        .max(65536)
        .optional()
        .describe("G, the number of groups. Default: 16, or computed from `groupSize`."),
      groupSize: z
        .int()
        .min(1)
        .max(65536)
        .optional()
        .describe("Channels in a group, instead of `groups`: C/8 groups are groups of 8."),
    }),
  op: defineLinearGate({
    doc: "x · sigmoid(W · mean of x over H and W), W block-diagonal: a group convolution",
    source: "ECA-Net (CVPR 2020), section 3.2.2 and table 2",
  }),
  plan({ groups, groupSize }, site) {
    const { channels } = site;
    if (groups !== undefined && groupSize !== undefined)
      refuse("`groups` and `groupSize` can't both be given");
    const group = groups ?? (groupSize === undefined ? 16 : channels / groupSize);
    if (!Number.isInteger(group) || channels % group !== 0) {
      refuse(`${channels} channels can't be cut into equal groups: ${groupSize ?? group} is no divisor`);
    }
    return {
      attributes: { gate: "sigmoid" as const, group },
      parameters: [
        {
          name: "conv.weight",
          dims: [channels, channels / group, 1, 1],
          init: initializationAt(site).conv(group),
        },
      ],
    };
  },
  identity: () => startOfGates("sigmoid", { zero: ["conv.weight"] }),
  describe: ({ group }, { x }) => `${group} groups of ${Number(x.dims[1]) / group}`,
});
