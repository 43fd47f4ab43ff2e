import * as z from "zod";
import { ACTIVATION_NAMES } from "../../activations.js";
import { startOfGates } from "../identity.js";
import { defineLinearGate } from "../linear-gate.js";
import { defineAttention, initializationAt } from "../module.js";

/**
 * Effective Squeeze-and-Excitation (Lee and Park, CenterMask, CVPR 2020, section 3.3, eq. 3): one layer instead of
 * SE's two, so that no channel is lost between them. For x of [N, C, H, W]:
 *
 *     result = x · gate(W·z + b), z the mean of x over H and W, W of [C, C]
 */
export const ese = defineAttention({
  type: "ese",
  title: "Effective Squeeze-and-Excitation",
  options: () =>
    z.strictObject({
      gate: z
        .enum(ACTIVATION_NAMES)
        .default("hard_sigmoid")
        .describe(
          "Function that turns the layer's output into the gate. The default is that of the paper's code; its figure has a sigmoid.",
        ),
      bias: z.boolean().default(true).describe("Whether the layer has a bias."),
    }),
  op: defineLinearGate({
    doc: "x · gate(W · mean of x over H and W + b): effective Squeeze-and-Excitation",
    source: "CenterMask (CVPR 2020), section 3.3, eq. 3",
  }),
  plan({ gate, bias }, site) {
    const { channels } = site;
    const { conv, convBias } = initializationAt(site);
    return {
      attributes: { gate, group: 1 },
      parameters: [
        { name: "fc.weight", dims: [channels, channels, 1, 1], init: conv(1) },
        ...(bias ? [{ name: "fc.bias", dims: [channels], init: convBias(channels) }] : []),
      ],
    };
  },
  identity: ({ attributes: { gate } }) => startOfGates(gate, { zero: ["fc.weight", "fc.bias"] }),
  describe: (_attributes, { x }) => `${x.dims[1]} → ${x.dims[1]}`,
});
