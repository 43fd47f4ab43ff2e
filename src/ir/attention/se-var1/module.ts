import * as z from "zod";
import { activations } from "../../activations.js";
import { modelOp } from "../../op.js";
import { floats } from "../../operands.js";
import { gatedChannels } from "../../types.js";
import { activated, channelMeans, product } from "../arithmetic.js";
import { defineAttention } from "../module.js";

/**
 * SE-Var1 of the ECA paper: each channel's mean is its gate. It has no parameters.
 *
 *     result = x · σ(y), y the mean of x over H and W
 */
export const seVar1 = defineAttention({
  type: "se-var1",
  title: "SE-Var1",
  options: () => z.strictObject({}),
  op: modelOp({
    doc: "x · sigmoid(mean of x over H and W): SE without its layers",
    source: "ECA-Net (CVPR 2020), section 3.2.1 and table 2",
    operands: { x: floats },
    infer({ x }) {
      gatedChannels(x, "x");
      return x;
    },
    evaluate: ({ x }) => product(x, activated(activations.sigmoid, channelMeans(x))),
  }),
  plan: () => ({ attributes: {}, parameters: [] }),
  identity: () => ({ reason: "its gate follows from x alone, without weights" }),
  describe: () => "no parameters",
});
