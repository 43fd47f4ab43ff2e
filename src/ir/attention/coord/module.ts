import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { defineOp } from "../../op.js";
import { MEAN, reduceTensor } from "../../ops/reduction.js";
import { operandAt, type Tensor } from "../../tensor.js";
import { expectDims, featureMap } from "../../types.js";
import { activated, linear, product } from "../arithmetic.js";
import { defineAttention, initializationAt } from "../module.js";
import {
  expectNorm,
  NORM_OPERANDS,
  normalized,
  normEpsilon,
  normEpsilonOption,
  normParameters,
} from "../norm.js";
import { describeReduction, reductionOptions, squeezedChannels } from "../reduction.js";

/**
 * Coordinate attention (Hou et al., CVPR 2021, section 3.2), for x of [N, C, H, W], reduced to M channels:
 *
 *     zʰ = mean of x over each row, zʷ = mean of x over each column            eq. 4 and 5
 *     fʰ = hidden(BN(reduce · zʰ)), fʷ = hidden(BN(reduce · zʷ))               eq. 6, the same layer for both
 *     gʰ = gate(rows · fʰ), gʷ = gate(columns · fʷ)                            eq. 7 and 8
 *     result[n,c,h,w] = x[n,c,h,w] · gʰ[n,c,h] · gʷ[n,c,w]                     eq. 9
 */
const op = defineOp({
  name: "attention.coord",
  level: "model",
  doc: "x · a gate for each row · a gate for each column: coordinate attention",
  source: "Coordinate Attention (CVPR 2021), section 3.2, eq. 4 to 9",
  operands: ["x", "reduce", ...NORM_OPERANDS, "rows", "columns"],
  attributes: z.strictObject({
    hidden: z.enum(ACTIVATION_NAMES).default("hard_swish"),
    gate: z.enum(ACTIVATION_NAMES).default("sigmoid"),
    epsilon: normEpsilon,
  }),
  infer(operands) {
    const [, channels] = featureMap(operands[0], "x");
    const [squeezed] = featureMap(operands[1], "reduce");
    expectDims(operands[1], [squeezed, channels, 1, 1], "reduce");
    expectNorm(operands.slice(2, 6), Number(squeezed));
    expectDims(operands[6], [channels, squeezed, 1, 1], "rows");
    expectDims(operands[7], [channels, squeezed, 1, 1], "columns");
    return [operandAt(operands, 0)];
  },
  cost([x, reduce]) {
    const [, channels, height, width] = featureMap(x, "x");
    return { macs: 2 * channels * Number(reduce?.dims[0]) * (height + width) };
  },
  evaluate(operands, { hidden, gate, epsilon }) {
    const [x, reduce] = [operandAt(operands, 0), operandAt(operands, 1)];
    const strip = (meanOver: number, expand: Tensor): Tensor => {
      const z = linear(reduceTensor(x, [meanOver], MEAN), reduce);
      const f = activated(activations[hidden], normalized(z, operands.slice(2, 6), epsilon));
      return activated(activations[gate], linear(f, expand));
    };
    const [rows, columns] = [strip(3, operandAt(operands, 6)), strip(2, operandAt(operands, 7))];
    return [product(product(x, rows), columns)];
  },
});

export const coord = defineAttention({
  type: "coord",
  title: "Coordinate Attention",
  options: z.strictObject({
    // Two thirds of SE's 1/16: three layers then have as many weights as SE's two (timm).
    ...reductionOptions({ ratio: 1 / 24, divisor: 8, roundLimit: 0 }),
    activation: z.enum(ACTIVATION_NAMES).default("hard_swish").describe("Activation of the squeezed strips."),
    gate: z.enum(ACTIVATION_NAMES).default("sigmoid").describe("Function that makes both gates."),
    epsilon: normEpsilonOption,
  }),
  op,
  plan(given, site) {
    const { channels } = site;
    const squeezed = squeezedChannels(given, site);
    const { conv } = initializationAt(site);
    return {
      attributes: { hidden: given.activation, gate: given.gate, epsilon: given.epsilon },
      parameters: [
        { name: "reduce.weight", dims: [squeezed, channels, 1, 1], init: conv(1) },
        ...normParameters("norm", squeezed),
        { name: "rows.weight", dims: [channels, squeezed, 1, 1], init: conv(1) },
        { name: "columns.weight", dims: [channels, squeezed, 1, 1], init: conv(1) },
      ],
    };
  },
  describe: (_attributes, [x, reduce]) => describeReduction(x?.dims[1], reduce?.dims[0]),
});
