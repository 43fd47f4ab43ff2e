import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { modelOp } from "../../op.js";
import { floats, optional, weights } from "../../operands.js";
import type { Tensor } from "../../tensor.js";
import { featureMap } from "../../types.js";
import { activated, channelMaxima, channelMeans, linear, product, sum } from "../arithmetic.js";
import { startOfGates } from "../identity.js";
import { defineAttention, initializationAt } from "../module.js";
import { expectNorm, normEpsilon, normEpsilonOption, normOperands, normParameters } from "../norm.js";
import {
  bottleneckParameters,
  describeReduction,
  expectBottleneck,
  reductionOptions,
  squeezedChannels,
} from "../reduction.js";
import {
  expectSpatialWeight,
  halfSum,
  mapsOf,
  POOLINGS,
  poolingOption,
  spatialKernelOf,
  spatialKernelOption,
  spatialScores,
} from "../spatial-gate.js";

/**
 * Convolutional Block Attention Module (Woo et al., ECCV 2018, section 3), for x of [N, C, H, W]:
 *
 *     MLP(z) = expand · hidden(reduce · z)
 *     Mc = gate(MLP(mean of x over H and W) + MLP(maximum of x over H and W))         channel, eq. 2
 *     x' = x · Mc[n,c]
 *     Ms = gate(BN(conv_k([mean of x' over the channels; maximum over the channels])))  spatial, eq. 3
 *     result = x' · Ms[n,h,w]
 *
 * The batch normalisation is from the authors' code and timm. With `averaged` pooling (timm's `lcbam`) both gates
 * use the average of mean and maximum: the MLP runs once, and the convolution has one input channel.
 */
const op = modelOp({
  doc: "x · channel gate of mean and maximum · spatial gate of mean and maximum over the channels: CBAM",
  source: "CBAM (ECCV 2018), section 3, eq. 1 to 3",
  operands: {
    x: floats,
    reduce: weights,
    expand: weights,
    spatial: weights,
    norm: normOperands,
    reduceBias: optional(weights),
    expandBias: optional(weights),
  },
  attributes: () =>
    z.strictObject({
      pooling: z.enum(POOLINGS).default("separate"),
      hidden: z.enum(ACTIVATION_NAMES).default("relu"),
      gate: z.enum(ACTIVATION_NAMES).default("sigmoid"),
      epsilon: normEpsilon,
    }),
  infer({ x, spatial, norm, ...layers }, { pooling }) {
    expectBottleneck(layers, featureMap(x, "x")[1]);
    expectSpatialWeight(spatial, pooling);
    expectNorm(norm, 1);
    return x;
  },
  cost({ x, reduce, spatial }, _result, { pooling }) {
    const [, channels, height, width] = featureMap(x, "x");
    const maps = mapsOf(pooling);
    const channelGate = 2 * channels * Number(reduce.dims[0]) * maps;
    return { macs: channelGate + maps * spatialKernelOf(spatial) ** 2 * height * width };
  },
  evaluate(operands, { pooling, hidden, gate, epsilon }) {
    const { x, reduce, expand, spatial, norm, reduceBias, expandBias } = operands;
    const mlp = (pooled: Tensor): Tensor =>
      linear(activated(activations[hidden], linear(pooled, reduce, reduceBias)), expand, expandBias);
    const [means, maxima] = [channelMeans(x), channelMaxima(x)];
    const channelLogits = pooling === "separate" ? sum(mlp(means), mlp(maxima)) : mlp(halfSum(means, maxima));
    const scaled = product(x, activated(activations[gate], channelLogits));

    const spatialLogits = spatialScores(scaled, spatial, norm, { pooling, epsilon });
    return product(scaled, activated(activations[gate], spatialLogits));
  },
});

export const cbam = defineAttention({
  type: "cbam",
  title: "Convolutional Block Attention Module",
  options: () =>
    z.strictObject({
      ...reductionOptions({ ratio: 1 / 16 }),
      kernel: spatialKernelOption,
      pooling: poolingOption,
      activation: z.enum(ACTIVATION_NAMES).default("relu").describe("Activation in the shared MLP."),
      gate: z.enum(ACTIVATION_NAMES).default("sigmoid").describe("Function that computes both gates."),
      bias: z.boolean().default(false).describe("Whether the layers of the shared MLP have a bias."),
      epsilon: normEpsilonOption,
    }),
  op,
  plan(given, site) {
    const { conv } = initializationAt(site);
    const { kernel, pooling, gate, epsilon } = given;
    const { weights, biases } = bottleneckParameters(squeezedChannels(given, site), site, "channel.");
    return {
      attributes: { pooling, hidden: given.activation, gate, epsilon },
      parameters: [
        ...weights,
        { name: "spatial.conv.weight", dims: [1, mapsOf(pooling), kernel, kernel], init: conv(1) },
        ...normParameters("spatial.norm", 1),
        ...(given.bias ? biases : []),
      ],
    };
  },
  /** Of the spatial gate the normalisation is zero: behind it a zero convolution would be scaled up by 1/√ε. */
  identity: ({ attributes: { gate } }) =>
    startOfGates(
      gate,
      {
        zero: ["channel.expand.weight", "channel.expand.bias", "spatial.norm.weight", "spatial.norm.bias"],
        paired: ["channel.reduce.weight"],
      },
      { gates: 2 },
    ),
  describe: ({ pooling }, { x, reduce, spatial }) =>
    `${describeReduction(x.dims[1], reduce.dims[0])}, spatial ${spatial.dims[2]}×${spatial.dims[2]}${pooling === "averaged" ? ", averaged" : ""}`,
});
