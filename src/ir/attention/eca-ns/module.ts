import * as z from "zod";
import { activations } from "../../activations.js";
import { uniformByFan } from "../../initializers.js";
import { modelOp } from "../../op.js";
import { floats, weights } from "../../operands.js";
import { elementAt } from "../../tensor.js";
import { expectDims, gatedChannels } from "../../types.js";
import { activated, alongChannels, channelMeans, product } from "../arithmetic.js";
import {
  describeKernel,
  inheritedKernel,
  kernelAttributes,
  kernelOptions,
  plannedKernel,
} from "../eca-kernel.js";
import { startOfGates } from "../identity.js";
import { defineAttention } from "../module.js";

/**
 * ECA-NS of the ECA paper: like ECA, but each channel has its own k weights (k·C in total).
 *
 *     ω[c] = σ(Σⱼ weight[c,j] · y[c + j - (k-1)/2]),  y = 0 outside of 0 … C-1
 */
export const ecaNs = defineAttention({
  type: "eca-ns",
  title: "ECA-NS",
  options: () => z.strictObject(kernelOptions()),
  op: modelOp({
    doc: "x · sigmoid(Σⱼ weight[c,j] · mean of x[c + j - (k-1)/2]): ECA with weights of its own for each channel",
    source: "ECA-Net (CVPR 2020), section 3.2.2 and table 2",
    operands: { x: floats, weight: weights },
    attributes: () => z.strictObject(kernelAttributes()),
    infer({ x, weight }, { kernel }) {
      expectDims(weight, [gatedChannels(x, "x")[1], 1, kernel], "weight");
      return x;
    },
    cost: ({ x }, _result, { kernel }) => ({ macs: gatedChannels(x, "x")[1] * kernel }),
    evaluate({ x, weight }, { kernel }) {
      const mixed = alongChannels(channelMeans(x), kernel, "zeros", (c, j) =>
        elementAt(weight.data, c * kernel + j),
      );
      return product(x, activated(activations.sigmoid, mixed));
    },
  }),
  plan(options, site) {
    const attributes = plannedKernel(options, site);
    const { kernel } = attributes;
    return {
      attributes,
      parameters: [{ name: "conv.weight", dims: [site.channels, 1, kernel], init: uniformByFan(kernel) }],
    };
  },
  identity: () => startOfGates("sigmoid", { zero: ["conv.weight"] }),
  inherit: inheritedKernel,
  describe: describeKernel,
});
