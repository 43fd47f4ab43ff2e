import * as z from "zod";
import { defineOp } from "../../op.js";
import { sigmoid } from "../../ops/sigmoid.js";
import { operandAt } from "../../tensor.js";
import { featureMap } from "../../types.js";
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
  options: z.strictObject({}),
  op: defineOp({
    name: "attention.se-var1",
    level: "model",
    doc: "x · sigmoid(mean of x over H and W): SE without its layers",
    source: "ECA-Net (CVPR 2020), section 3.2.1 and table 2",
    operands: ["x"],
    attributes: z.strictObject({}),
    infer(operands) {
      featureMap(operands[0], "x");
      return [operandAt(operands, 0)];
    },
    evaluate(operands) {
      const x = operandAt(operands, 0);
      return [product(x, activated(sigmoid, channelMeans(x)))];
    },
  }),
  plan: () => ({ attributes: {}, parameters: [] }),
  describe: () => "no parameters",
});
