import * as z from "zod";
import { activations } from "../../activations.js";
import { uniformByFan } from "../../initializers.js";
import { modelOp } from "../../op.js";
import { floats, optional, weights } from "../../operands.js";
import { elementAt } from "../../tensor.js";
import { expectDims, gatedChannels, refuse } from "../../types.js";
import { activated, alongChannels, applied, channelMeans, product } from "../arithmetic.js";
import {
  describeKernel,
  inheritedKernel,
  kernelAttributes,
  kernelOptions,
  plannedKernel,
} from "../eca-kernel.js";
import { defineAttention } from "../module.js";

const PADDINGS = ["zeros", "circular"] as const;

/**
 * Efficient Channel Attention (Wang et al., CVPR 2020, section 3.2 and eq. 9), for x of [N, C, H, W] or [N, C, L]:
 *
 *     y = mean of x over H and W            [N, C]
 *     ω[c] = σ(Σⱼ weight[j] · y[c + j - (k-1)/2] + bias),  y = 0 outside of 0 … C-1
 *     result[n,c,h,w] = x[n,c,h,w] · ω[n,c]
 *
 * With circular padding (timm's CECA) the channels are a ring: y[c + C] = y[c]. The bias is not the paper's.
 */
const op = modelOp({
  doc: "x · sigmoid(C1D_k(mean of x over H and W)): Efficient Channel Attention",
  source: "ECA-Net (CVPR 2020), section 3.2, eq. 9",
  operands: { x: floats, weight: weights, bias: optional(weights) },
  attributes: z.strictObject({ ...kernelAttributes, padding: z.enum(PADDINGS).default("zeros") }),
  infer({ x, weight, bias }, { kernel, padding }) {
    const [, channels] = gatedChannels(x, "x");
    refuseWideRing(channels, kernel, padding);
    expectDims(weight, [1, 1, kernel], "weight");
    if (bias !== undefined) expectDims(bias, [1], "bias");
    return x;
  },
  cost: ({ x }, _result, { kernel }) => ({ macs: gatedChannels(x, "x")[1] * kernel }),
  evaluate({ x, weight, bias }, { kernel, padding }) {
    const offset = bias?.data[0] ?? 0;
    const mixed = alongChannels(channelMeans(x), kernel, padding, (_c, j) => elementAt(weight.data, j));
    const scores = applied((y) => y + offset, mixed);
    return product(x, activated(activations.sigmoid, scores));
  },
});

export const eca = defineAttention({
  type: "eca",
  title: "Efficient Channel Attention",
  options: z.strictObject({
    ...kernelOptions,
    padding: z
      .enum(PADDINGS)
      .default("zeros")
      .describe(
        "What stands beyond the first and the last channel: zeros, or the channels of the other end (CECA).",
      ),
    bias: z.boolean().default(false).describe("Whether the convolution has a bias; the paper's has none."),
  }),
  op,
  plan(given, site) {
    const kernel = plannedKernel(given, site);
    refuseWideRing(site.channels, kernel.kernel, given.padding);
    // A convolution along the channels starts in every network as PyTorch starts one.
    const start = uniformByFan(kernel.kernel);
    const bias = { name: "conv.bias", dims: [1], init: start };
    return {
      attributes: { ...kernel, padding: given.padding },
      parameters: [
        { name: "conv.weight", dims: [1, 1, kernel.kernel], init: start },
        ...(given.bias ? [bias] : []),
      ],
    };
  },
  inherit: inheritedKernel,
  describe: (attributes) =>
    `${describeKernel(attributes)}${attributes.padding === "circular" ? ", circular" : ""}`,
});

/** A ring that is shorter than half a kernel would go round more than once. */
function refuseWideRing(channels: number, kernel: number, padding: (typeof PADDINGS)[number]): void {
  if (padding === "circular" && (kernel - 1) / 2 > channels) {
    refuse(`a circular kernel of ${kernel} goes round ${channels} channels more than once`);
  }
}
