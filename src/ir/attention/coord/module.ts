import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { modelOp } from "../../op.js";
import { floats, weights } from "../../operands.js";
import { MEAN, reduceTensor } from "../../ops/reductions.js";
import type { Tensor } from "../../tensor.js";
import { expectDims, featureMap } from "../../types.js";
import { activated, linear, product } from "../arithmetic.js";
import { startOfGates } from "../identity.js";
import { defineAttention, initializationAt } from "../module.js";
import {
  expectNorm,
  normalized,
  normEpsilon,
  normEpsilonOption,
  normOperands,
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
const op = modelOp({
  doc: "x · a gate for each row · a gate for each column: coordinate attention",
  source: "Coordinate Attention (CVPR 2021), section 3.2, eq. 4 to 9",
  operands: { x: floats, reduce: weights, norm: normOperands, rows: weights, columns: weights },
  attributes: () =>
    z.strictObject({
      hidden: z.enum(ACTIVATION_NAMES).default("hard_swish"),
      gate: z.enum(ACTIVATION_NAMES).default("sigmoid"),
      epsilon: normEpsilon,
    }),
  infer({ x, reduce, norm, rows, columns }) {
    const [, channels] = featureMap(x, "x");
    const [squeezed] = featureMap(reduce, "reduce");
    expectDims(reduce, [squeezed, channels, 1, 1], "reduce");
    expectNorm(norm, Number(squeezed));
    expectDims(rows, [channels, squeezed, 1, 1], "rows");
    expectDims(columns, [channels, squeezed, 1, 1], "columns");
    return x;
  },
  cost({ x, reduce }) {
    const [, channels, height, width] = featureMap(x, "x");
    return { macs: 2 * channels * Number(reduce.dims[0]) * (height + width) };
  },
  evaluate({ x, reduce, norm, rows, columns }, { hidden, gate, epsilon }) {
    const strip = (meanOver: number, expand: Tensor): Tensor => {
      const z = linear(reduceTensor(x, [meanOver], MEAN), reduce);
      const f = activated(activations[hidden], normalized(z, norm, epsilon));
      return activated(activations[gate], linear(f, expand));
    };
    return product(product(x, strip(3, rows)), strip(2, columns));
  },
});

export const coord = defineAttention({
  type: "coord",
  title: "Coordinate Attention",
  options: () =>
    z.strictObject({
      // Two thirds of SE's 1/16: three layers then have as many weights as SE's two (timm).
      ...reductionOptions({ ratio: 1 / 24, divisor: 8, roundLimit: 0 }),
      activation: z
        .enum(ACTIVATION_NAMES)
        .default("hard_swish")
        .describe("Activation of the squeezed strips."),
      gate: z.enum(ACTIVATION_NAMES).default("sigmoid").describe("Function that computes both gates."),
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
  identity: ({ attributes: { gate } }) =>
    startOfGates(gate, { zero: ["rows.weight", "columns.weight"] }, { gates: 2 }),
  describe: (_attributes, { x, reduce }) => describeReduction(x.dims[1], reduce.dims[0]),
});
