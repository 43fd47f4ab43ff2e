import * as z from "zod";
import { startAtOne } from "../../initializers.js";
import { defineOp } from "../../op.js";
import { sigmoid } from "../../ops/sigmoid.js";
import { operandAt } from "../../tensor.js";
import { expectDims, featureMap } from "../../types.js";
import { activated, channelMeans, product } from "../arithmetic.js";
import { defineAttention } from "../module.js";

/**
 * SE-Var2 of the ECA paper: each channel's gate depends on its own mean alone, by one weight.
 *
 *     result = x · σ(w ⊙ y), y the mean of x over H and W
 *
 * The product with w is element by element, no matrix product, and so no multiply-accumulates in the field's count.
 */
export const seVar2 = defineAttention({
  type: "se-var2",
  title: "SE-Var2",
  options: z.strictObject({}),
  op: defineOp({
    name: "attention.se-var2",
    level: "model",
    doc: "x · sigmoid(w ⊙ mean of x over H and W): one weight for each channel",
    source: "ECA-Net (CVPR 2020), section 3.2.1 and table 2",
    operands: ["x", "weight"],
    attributes: z.strictObject({}),
    infer(operands) {
      const [x, weight] = operands;
      expectDims(weight, [1, featureMap(x, "x")[1], 1, 1], "weight");
      return [operandAt(operands, 0)];
    },
    evaluate(operands) {
      const [x, weight] = [operandAt(operands, 0), operandAt(operands, 1)];
      return [product(x, activated(sigmoid, product(weight, channelMeans(x))))];
    },
  }),
  plan: (_options, { channels }) => ({
    attributes: {},
    parameters: [{ name: "weight", dims: [1, channels, 1, 1], init: startAtOne }],
  }),
  describe: (_attributes, [x]) => `${x?.dims[1]} weights`,
});
