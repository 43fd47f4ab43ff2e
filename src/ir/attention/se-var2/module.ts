import * as z from "zod";
import { activations } from "../../activations.js";
import { startAtOne } from "../../initializers.js";
import { modelOp } from "../../op.js";
import { floats, weights } from "../../operands.js";
import { expectDims, gatedChannels } from "../../types.js";
import { activated, channelMeans, product } from "../arithmetic.js";
import { startOfGates } from "../identity.js";
import { defineAttention } from "../module.js";

/**
 * SE-Var2 of the ECA paper: each channel's gate depends only on its own mean, with one weight.
 *
 *     result = x · σ(w ⊙ y), y the mean of x over H and W
 *
 * The product with w is element-wise, so it doesn't count as multiply-accumulates.
 */
export const seVar2 = defineAttention({
  type: "se-var2",
  title: "SE-Var2",
  options: () => z.strictObject({}),
  op: modelOp({
    doc: "x · sigmoid(w ⊙ mean of x over H and W): one weight for each channel",
    source: "ECA-Net (CVPR 2020), section 3.2.1 and table 2",
    operands: { x: floats, weight: weights },
    infer({ x, weight }) {
      expectDims(weight, [1, gatedChannels(x, "x")[1], 1, 1], "weight");
      return x;
    },
    evaluate({ x, weight: { data } }) {
      const means = channelMeans(x);
      const weight = { dims: [1, ...means.dims.slice(1)], data };
      return product(x, activated(activations.sigmoid, product(weight, means)));
    },
  }),
  plan: (_options, { channels }) => ({
    attributes: {},
    parameters: [{ name: "weight", dims: [1, channels, 1, 1], init: startAtOne }],
  }),
  identity: () => startOfGates("sigmoid", { zero: ["weight"] }),
  describe: (_attributes, { x }) => `${x.dims[1]} weights`,
});
