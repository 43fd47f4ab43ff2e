import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { modelOp } from "../../op.js";
import { floats, weights } from "../../operands.js";
import type { Tensor } from "../../tensor.js";
import { expectDims, featureMap } from "../../types.js";
import { activated, channelMeans, convolved, linear, product, sum } from "../arithmetic.js";
import { defineAttention, layerParameters } from "../module.js";
import {
  expectNorm,
  normalized,
  normEpsilon,
  normEpsilonOption,
  normOperands,
  normParameters,
} from "../norm.js";
import { describeReduction, expectBottleneck, reductionOptions, squeezedChannels } from "../reduction.js";

/** The layers of the spatial branch, in their order. */
const SPATIAL_LAYERS = ["enter", "first", "second", "leave"] as const;

/**
 * Bottleneck Attention Module (Park et al., BMVC 2018, section 3), for x of [N, C, H, W], reduced to M channels:
 *
 *     Mc = BN(expand · hidden(reduce · mean of x over H and W + b₀) + b₁)              channel branch, eq. 3
 *     Ms = BN(leave · h(second * h(first * h(enter · x))))                             spatial branch, eq. 4
 *     result = x + x · σ(Mc[n,c] + Ms[n,h,w])                                          eq. 1 and 2
 *
 * first and second are 3×3 convolutions whose taps are d apart; each layer has a bias, and h is `hidden`.
 */
const op = modelOp({
  doc: "x + x · sigmoid(channel branch + spatial branch): the bottleneck attention module",
  source: "BAM (BMVC 2018), section 3, eq. 1 to 4",
  operands: {
    x: floats,
    reduce: weights,
    reduceBias: weights,
    expand: weights,
    expandBias: weights,
    channelNorm: normOperands,
    enter: weights,
    enterBias: weights,
    first: weights,
    firstBias: weights,
    second: weights,
    secondBias: weights,
    leave: weights,
    leaveBias: weights,
    spatialNorm: normOperands,
  },
  attributes: () =>
    z.strictObject({
      dilation: z.int().min(1).default(4),
      hidden: z.enum(ACTIVATION_NAMES).default("relu"),
      epsilon: normEpsilon,
    }),
  infer({ x, channelNorm, spatialNorm, ...layers }) {
    const [, channels] = featureMap(x, "x");
    const squeezed = expectBottleneck(layers, channels);
    expectNorm(channelNorm, channels);
    const dims = spatialDims(channels, Number(squeezed));
    for (const name of SPATIAL_LAYERS) {
      expectDims(layers[name], dims[name], name);
      expectDims(layers[`${name}Bias`], dims[name].slice(0, 1), `${name}_bias`);
    }
    expectNorm(spatialNorm, 1);
    return x;
  },
  cost({ x, reduce }) {
    const [, channels, height, width] = featureMap(x, "x");
    const squeezed = Number(reduce.dims[0]);
    return {
      macs: 2 * channels * squeezed + height * width * (channels * squeezed + 18 * squeezed ** 2 + squeezed),
    };
  },
  evaluate(operands, { dilation, hidden, epsilon }) {
    const { x, channelNorm, spatialNorm } = operands;
    const active = (value: Tensor): Tensor => activated(activations[hidden], value);
    const squeezed = active(linear(channelMeans(x), operands.reduce, operands.reduceBias));
    const excited = linear(squeezed, operands.expand, operands.expandBias);
    const byChannel = normalized(excited, channelNorm, epsilon);

    const { enter, enterBias, first, firstBias, second, secondBias, leave, leaveBias } = operands;
    const wide = (value: Tensor, weight: Tensor, bias: Tensor): Tensor =>
      active(convolved(value, weight, bias, dilatedConv(dilation)));
    const entered = active(linear(x, enter, enterBias));
    const seen = wide(wide(entered, first, firstBias), second, secondBias);
    const byPosition = normalized(linear(seen, leave, leaveBias), spatialNorm, epsilon);
    return sum(x, product(x, activated(activations.sigmoid, sum(byChannel, byPosition))));
  },
});

/** Attributes of a 3×3 convolution with taps d apart that keeps the map's size. */
export function dilatedConv(d: number): {
  dilations: [number, number];
  pads: [number, number, number, number];
} {
  return { dilations: [d, d], pads: [d, d, d, d] };
}

/** Sizes of the spatial branch's weights. */
function spatialDims(
  channels: number,
  squeezed: number,
): { readonly [L in (typeof SPATIAL_LAYERS)[number]]: readonly number[] } {
  return {
    enter: [squeezed, channels, 1, 1],
    first: [squeezed, squeezed, 3, 3],
    second: [squeezed, squeezed, 3, 3],
    leave: [1, squeezed, 1, 1],
  };
}

export const bam = defineAttention({
  type: "bam",
  title: "Bottleneck Attention Module",
  options: () =>
    z.strictObject({
      ...reductionOptions({ ratio: 1 / 16 }),
      dilation: z
        .int()
        .min(1)
        .max(64)
        .default(4)
        .describe("d, the distance between taps of the spatial convolutions."),
      activation: z.enum(ACTIVATION_NAMES).default("relu").describe("Activation between the layers."),
      epsilon: normEpsilonOption,
    }),
  op,
  plan(given, site) {
    const { channels } = site;
    const squeezed = squeezedChannels(given, site);
    const layer = (name: string, dims: readonly number[]) => layerParameters(name, dims, site);
    const spatial = spatialDims(channels, squeezed);
    return {
      attributes: { dilation: given.dilation, hidden: given.activation, epsilon: given.epsilon },
      parameters: [
        ...layer("channel.reduce", [squeezed, channels, 1, 1]),
        ...layer("channel.expand", [channels, squeezed, 1, 1]),
        ...normParameters("channel.norm", channels),
        ...SPATIAL_LAYERS.flatMap((name) => layer(`spatial.${name}`, spatial[name])),
        ...normParameters("spatial.norm", 1),
      ],
    };
  },
  /** x + x · σ(0) */
  identity: () => ({
    factor: 1.5,
    zero: ["channel", "spatial"].flatMap((branch) => [`${branch}.norm.weight`, `${branch}.norm.bias`]),
    paired: [
      "channel.reduce.weight",
      ...["enter", "first", "second"].map((name) => `spatial.${name}.weight`),
    ],
  }),
  describe: ({ dilation }, { x, reduce }) =>
    `${describeReduction(x.dims[1], reduce.dims[0])}, dilation ${dilation}`,
});
