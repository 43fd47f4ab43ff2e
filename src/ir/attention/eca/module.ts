import * as z from "zod";
import { uniformByFan } from "../../initializers.js";
import { defineOp } from "../../op.js";
import { sigmoid } from "../../ops/sigmoid.js";
import { operandAt } from "../../tensor.js";
import { expectDims, featureMap, refuse } from "../../types.js";
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
 * Efficient Channel Attention (Wang et al., CVPR 2020, section 3.2 and eq. 9), for x of [N, C, H, W]:
 *
 *     y = mean of x over H and W            [N, C]
 *     ω[c] = σ(Σⱼ weight[j] · y[c + j - (k-1)/2] + bias),  y = 0 outside of 0 … C-1
 *     result[n,c,h,w] = x[n,c,h,w] · ω[n,c]
 *
 * With circular padding (timm's CECA) the channels are a ring: y[c + C] = y[c]. The bias is not the paper's.
 */
const op = defineOp({
  name: "attention.eca",
  level: "model",
  doc: "x · sigmoid(C1D_k(mean of x over H and W)): Efficient Channel Attention",
  source: "ECA-Net (CVPR 2020), section 3.2, eq. 9",
  operands: ["x", "weight", "bias?"],
  attributes: z.strictObject({ ...kernelAttributes, padding: z.enum(PADDINGS).default("zeros") }),
  infer(operands, { kernel, padding }) {
    const [x, weight, bias] = operands;
    const [, channels] = featureMap(x, "x");
    refuseWideRing(channels, kernel, padding);
    expectDims(weight, [1, 1, kernel], "weight");
    if (bias !== undefined) expectDims(bias, [1], "bias");
    return [operandAt(operands, 0)];
  },
  cost([x], _results, { kernel }) {
    return { macs: featureMap(x, "x")[1] * kernel };
  },
  evaluate(operands, { kernel, padding }) {
    const [x, weight] = [operandAt(operands, 0), operandAt(operands, 1)];
    const offset = operands[2]?.data[0] ?? 0;
    const mixed = alongChannels(channelMeans(x), kernel, padding, (_c, j) => operandAt(weight.data, j));
    return [
      product(
        x,
        activated(
          sigmoid,
          applied((y) => y + offset, mixed),
        ),
      ),
    ];
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
