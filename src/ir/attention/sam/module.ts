import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { modelOp } from "../../op.js";
import { floats, optional, weights } from "../../operands.js";
import { featureMap } from "../../types.js";
import { activated, product } from "../arithmetic.js";
import { startOfGates } from "../identity.js";
import { defineAttention, initializationAt } from "../module.js";
import { expectNorm, normEpsilon, normEpsilonOption, normOperands, normParameters } from "../norm.js";
import {
  expectSpatialWeight,
  mapsOf,
  POOLINGS,
  poolingOption,
  spatialKernelOf,
  spatialKernelOption,
  spatialScores,
} from "../spatial-gate.js";

/**
 * Spatial attention module, the second gate of CBAM by itself (Woo et al., ECCV 2018, section 3), for x of
 * [N, C, H, W]:
 *
 *     Ms = gate(BN(conv_k([mean of x over the channels; maximum over the channels])))      eq. 3
 *     result = x · Ms[n,h,w]
 *
 * The paper's equation has no batch normalisation; the authors' code and timm have one. With `averaged` pooling
 * the convolution uses the average of mean and maximum.
 */
const op = modelOp({
  doc: "x · gate of a convolution of mean and maximum over the channels: CBAM's spatial attention",
  source: "CBAM (ECCV 2018), section 3, eq. 3",
  operands: { x: floats, spatial: weights, norm: optional(normOperands) },
  attributes: () =>
    z.strictObject({
      pooling: z.enum(POOLINGS).default("separate"),
      gate: z.enum(ACTIVATION_NAMES).default("sigmoid"),
      epsilon: normEpsilon,
    }),
  infer({ x, spatial, norm }, { pooling }) {
    featureMap(x, "x");
    expectSpatialWeight(spatial, pooling);
    if (norm !== undefined) expectNorm(norm, 1);
    return x;
  },
  cost({ x, spatial }, _result, { pooling }) {
    const [, , height, width] = featureMap(x, "x");
    return { macs: mapsOf(pooling) * spatialKernelOf(spatial) ** 2 * height * width };
  },
  evaluate({ x, spatial, norm }, { gate, ...pooling }) {
    const scores = spatialScores(x, spatial, norm, pooling);
    return product(x, activated(activations[gate], scores));
  },
});

export const sam = defineAttention({
  type: "sam",
  title: "Spatial Attention Module",
  options: () =>
    z.strictObject({
      kernel: spatialKernelOption,
      pooling: poolingOption,
      gate: z.enum(ACTIVATION_NAMES).default("sigmoid").describe("Function that computes the gate."),
      norm: z
        .boolean()
        .default(true)
        .describe("Whether batch normalisation follows the convolution, as in the authors' code and timm."),
      epsilon: normEpsilonOption,
    }),
  op,
  plan: ({ kernel, pooling, gate, norm, epsilon }, site) => ({
    attributes: { pooling, gate, epsilon },
    parameters: [
      {
        name: "conv.weight",
        dims: [1, mapsOf(pooling), kernel, kernel],
        init: initializationAt(site).conv(1),
      },
      ...(norm ? normParameters("norm", 1) : []),
    ],
  }),
  identity: ({ attributes: { gate }, parameters }) =>
    startOfGates(gate, {
      zero: parameters.length === 1 ? ["conv.weight"] : ["norm.weight", "norm.bias"],
    }),
  describe: ({ pooling }, { spatial }) =>
    `spatial ${spatial.dims[2]}×${spatial.dims[2]}${pooling === "averaged" ? ", averaged" : ""}`,
});
