import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { defineOp } from "../../op.js";
import { conv } from "../../ops/conv.js";
import { sigmoid } from "../../ops/sigmoid.js";
import { operandAt, type Tensor } from "../../tensor.js";
import { elementCount, expectDims, featureMap } from "../../types.js";
import { activated, channelMeans, linear, product, sum } from "../arithmetic.js";
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

/** The layers in the order of the operands: those of the channel branch, then those of the spatial branch. */
const CHANNEL_LAYERS = ["reduce", "expand"] as const;
const SPATIAL_LAYERS = ["enter", "first", "second", "leave"] as const;

/** Where each branch's operands begin: each layer is a weight and a bias, each branch ends in a normalisation. */
export const BAM_OPERANDS = { channel: 1, channelNorm: 5, spatial: 9, spatialNorm: 17 } as const;

const layerOperands = (layers: readonly string[]): string[] =>
  layers.flatMap((name) => [name, `${name}_bias`]);

/**
 * Bottleneck Attention Module (Park et al., BMVC 2018, section 3), for x of [N, C, H, W], reduced to M channels:
 *
 *     Mc = BN(expand · hidden(reduce · mean of x over H and W + b₀) + b₁)              channel branch, eq. 3
 *     Ms = BN(leave · h(second * h(first * h(enter · x))))                             spatial branch, eq. 4
 *     result = x + x · σ(Mc[n,c] + Ms[n,h,w])                                          eq. 1 and 2
 *
 * first and second are 3×3 convolutions whose taps are d apart; each layer has a bias, and h is `hidden`.
 */
const op = defineOp({
  name: "attention.bam",
  level: "model",
  doc: "x + x · sigmoid(channel branch + spatial branch): the bottleneck attention module",
  source: "BAM (BMVC 2018), section 3, eq. 1 to 4",
  operands: [
    "x",
    ...layerOperands(CHANNEL_LAYERS),
    ...NORM_OPERANDS.map((name) => `channel_${name}`),
    ...layerOperands(SPATIAL_LAYERS),
    ...NORM_OPERANDS.map((name) => `spatial_${name}`),
  ],
  attributes: z.strictObject({
    dilation: z.int().min(1).default(4),
    hidden: z.enum(ACTIVATION_NAMES).default("relu"),
    epsilon: normEpsilon,
  }),
  infer(operands) {
    const [, channels] = featureMap(operands[0], "x");
    const [squeezed] = featureMap(operands[BAM_OPERANDS.channel], "reduce");
    const expectLayers = (
      start: number,
      layers: readonly string[],
      dims: readonly (readonly unknown[])[],
    ): void =>
      layers.forEach((name, i) => {
        const sizes = dims[i] as number[];
        expectDims(operands[start + 2 * i], sizes, name);
        expectDims(operands[start + 2 * i + 1], sizes.slice(0, 1), `${name}_bias`);
      });
    expectLayers(BAM_OPERANDS.channel, CHANNEL_LAYERS, [
      [squeezed, channels, 1, 1],
      [channels, squeezed, 1, 1],
    ]);
    expectNorm(operands.slice(BAM_OPERANDS.channelNorm, BAM_OPERANDS.spatial), channels);
    expectLayers(BAM_OPERANDS.spatial, SPATIAL_LAYERS, spatialDims(channels, Number(squeezed)));
    expectNorm(operands.slice(BAM_OPERANDS.spatialNorm), 1);
    return [operandAt(operands, 0)];
  },
  cost([x, reduce]) {
    const [, channels, height, width] = featureMap(x, "x");
    const squeezed = Number(reduce?.dims[0]);
    return {
      macs: 2 * channels * squeezed + height * width * (channels * squeezed + 18 * squeezed ** 2 + squeezed),
    };
  },
  evaluate(operands, { dilation, hidden, epsilon }) {
    const at = (i: number): Tensor => operandAt(operands, i);
    const active = (value: Tensor): Tensor => activated(activations[hidden], value);
    const x = at(0);
    const { channel, channelNorm, spatial, spatialNorm } = BAM_OPERANDS;
    const squeezed = active(linear(channelMeans(x), at(channel), at(channel + 1)));
    const byChannel = normalized(
      linear(squeezed, at(channel + 2), at(channel + 3)),
      operands.slice(channelNorm, spatial),
      epsilon,
    );
    const attributes = conv.attributes.parse(dilatedConv(dilation));
    const wide = (value: Tensor, layer: number): Tensor =>
      active(operandAt(conv.evaluate([value, at(layer), at(layer + 1)], attributes), 0));
    const entered = active(linear(x, at(spatial), at(spatial + 1)));
    const seen = wide(wide(entered, spatial + 2), spatial + 4);
    const byPlace = normalized(
      linear(seen, at(spatial + 6), at(spatial + 7)),
      operands.slice(spatialNorm),
      epsilon,
    );
    return [sum(x, product(x, activated(sigmoid, sum(byChannel, byPlace))))];
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
function spatialDims(channels: number, squeezed: number): readonly (readonly number[])[] {
  return [
    [squeezed, channels, 1, 1],
    [squeezed, squeezed, 3, 3],
    [squeezed, squeezed, 3, 3],
    [1, squeezed, 1, 1],
  ];
}

export const bam = defineAttention({
  type: "bam",
  title: "Bottleneck Attention Module",
  options: z.strictObject({
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
    const start = initializationAt(site);
    const squeezed = squeezedChannels(given, site);
    const layer = (name: string, dims: readonly number[]) => [
      { name: `${name}.weight`, dims, init: start.conv(1) },
      { name: `${name}.bias`, dims: dims.slice(0, 1), init: start.convBias(elementCount(dims.slice(1))) },
    ];
    const spatial = spatialDims(channels, squeezed);
    return {
      attributes: { dilation: given.dilation, hidden: given.activation, epsilon: given.epsilon },
      parameters: [
        ...layer("channel.reduce", [squeezed, channels, 1, 1]),
        ...layer("channel.expand", [channels, squeezed, 1, 1]),
        ...normParameters("channel.norm", channels),
        ...SPATIAL_LAYERS.flatMap((name, i) => layer(`spatial.${name}`, spatial[i] ?? [])),
        ...normParameters("spatial.norm", 1),
      ],
    };
  },
  describe: ({ dilation }, [x, reduce]) =>
    `${describeReduction(x?.dims[1], reduce?.dims[0])}, dilation ${dilation}`,
});
