import * as z from "zod";
import { activations } from "../../activations.js";
import { fanInNormal } from "../../initializers.js";
import { modelOp } from "../../op.js";
import { floats, optional, weights } from "../../operands.js";
import { expectDims, featureMap, mapChannels } from "../../types.js";
import { activated, channelMeans, linear, product, sum } from "../arithmetic.js";
import { defineAttention, initializationAt } from "../module.js";
import {
  bottleneckParameters,
  describeReduction,
  expectBottleneck,
  reductionOptions,
  squeezedChannels,
} from "../reduction.js";

/**
 * Concurrent spatial and channel squeeze and excitation (Roy et al., MICCAI 2018, section 2), for x of [N, C, H, W]:
 *
 *     cSE = x · σ(expand · relu(reduce · mean of x over H and W))[n,c]       section 2.1
 *     sSE = x · σ(spatial · x)[n,h,w]                                         section 2.2
 *     result = cSE + sSE                                                      section 2.3
 */
const op = modelOp({
  doc: "x · channel gate + x · spatial gate: concurrent spatial and channel squeeze and excitation",
  source: "Roy et al. (MICCAI 2018), section 2",
  operands: {
    x: floats,
    reduce: weights,
    expand: weights,
    spatial: weights,
    reduceBias: optional(weights),
    expandBias: optional(weights),
    spatialBias: optional(weights),
  },
  infer({ x, spatial, spatialBias, ...layers }) {
    const [, channels] = mapChannels(x, "x");
    expectBottleneck(layers, channels);
    expectDims(spatial, [1, channels, 1, 1], "spatial");
    if (spatialBias !== undefined) expectDims(spatialBias, [1], "spatial_bias");
    return x;
  },
  cost({ x, reduce }) {
    const [, channels, height, width] = featureMap(x, "x");
    return { macs: 2 * channels * Number(reduce.dims[0]) + channels * height * width };
  },
  evaluate({ x, reduce, expand, spatial, reduceBias, expandBias, spatialBias }) {
    const squeezed = activated(activations.relu, linear(channelMeans(x), reduce, reduceBias));
    const channelGate = activated(activations.sigmoid, linear(squeezed, expand, expandBias));
    const spatialGate = activated(activations.sigmoid, linear(x, spatial, spatialBias));
    return sum(product(x, channelGate), product(x, spatialGate));
  },
});

export const scse = defineAttention({
  type: "scse",
  title: "Concurrent Spatial and Channel Squeeze and Excitation",
  options: () =>
    z.strictObject({
      ...reductionOptions({ ratio: 1 / 2 }),
      bias: z.boolean().default(true).describe("Whether the layers have a bias."),
    }),
  op,
  plan(given, site) {
    const { channels } = site;
    const { weights, biases } = bottleneckParameters(squeezedChannels(given, site), site);
    const spatialBias = { name: "spatial.bias", dims: [1], init: initializationAt(site).convBias(channels) };
    return {
      attributes: {},
      parameters: [
        ...weights,
        { name: "spatial.weight", dims: [1, channels, 1, 1], init: fanInNormal(channels) },
        ...(given.bias ? [...biases, spatialBias] : []),
      ],
    };
  },
  /** x · σ(0) + x · σ(0) */
  identity: () => ({
    factor: 1,
    zero: ["expand.weight", "expand.bias", "spatial.weight", "spatial.bias"],
    paired: ["reduce.weight"],
  }),
  describe: (_attributes, { x, reduce }) => `${describeReduction(x.dims[1], reduce.dims[0])}, spatial 1×1`,
});
