import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { fanInNormal, startAtOne, startAtZero } from "../../initializers.js";
import { modelOp } from "../../op.js";
import { floats, optional, weights } from "../../operands.js";
import { innerProduct, nchw, type Tensor, zeros } from "../../tensor.js";
import { expectDims, featureMap } from "../../types.js";
import {
  activated,
  applied,
  channelMeans,
  linear,
  positionMeans,
  product,
  softmaxOf,
  sum,
} from "../arithmetic.js";
import { startOfGates } from "../identity.js";
import { defineAttention, initializationAt } from "../module.js";
import { describeReduction, reductionOptions, squeezedChannels } from "../reduction.js";

const FUSIONS = ["add", "scale"] as const;

/** ε of the layer normalisation: that of timm's, whose networks are the reference. */
const EPSILON = 1e-6;

const GATE = "sigmoid";

/**
 * Global context (Cao et al., GCNet, ICCV workshops 2019, section 4.3 and eq. 8), for x of [N, C, H, W]:
 *
 *     α = softmax of attention · x + attention_bias over all positions             [N, 1, H, W]
 *     context[n,c] = Σₚ α[n,p] · x[n,c,p]                                        mean of x without attention
 *     δ = expand · hidden(LN(reduce · context + b₁)) + b₂                        LN over the M squeezed channels
 *     result = x + δ[n,c]                  fusion add (the paper; timm's `gca`)
 *     result = x · gate(δ)[n,c]            fusion scale (timm's `gc`)
 */
const op = modelOp({
  doc: "x + or · a bottleneck of the context Σₚ softmax(W·x)ₚ · xₚ: global context",
  source: "GCNet (ICCV workshops 2019), section 4.3, eq. 8",
  operands: {
    x: floats,
    reduce: weights,
    reduceBias: weights,
    normScale: weights,
    normShift: weights,
    expand: weights,
    expandBias: weights,
    attention: optional(weights),
    attentionBias: optional(weights),
  },
  attributes: () =>
    z.strictObject({
      fusion: z.enum(FUSIONS).default("add"),
      hidden: z.enum(ACTIVATION_NAMES).default("relu"),
      gate: z.enum(ACTIVATION_NAMES).default(GATE),
      epsilon: z.number().positive().default(EPSILON),
    }),
  infer(operands) {
    const { x, reduce, reduceBias, normScale, normShift, expand, expandBias } = operands;
    const { attention, attentionBias } = operands;
    const [, channels] = featureMap(x, "x");
    const [squeezed] = featureMap(reduce, "reduce");
    expectDims(reduce, [squeezed, channels, 1, 1], "reduce");
    expectDims(reduceBias, [squeezed], "reduce_bias");
    expectDims(normScale, [squeezed], "norm_scale");
    expectDims(normShift, [squeezed], "norm_shift");
    expectDims(expand, [channels, squeezed, 1, 1], "expand");
    expectDims(expandBias, [channels], "expand_bias");
    if (attention !== undefined) {
      expectDims(attention, [1, channels, 1, 1], "attention");
      expectDims(attentionBias, [1], "attention_bias");
    }
    return x;
  },
  cost({ x, reduce, attention }) {
    const [, channels, height, width] = featureMap(x, "x");
    // A score for each position, and the sum of the positions by their shares.
    const scores = attention === undefined ? 0 : channels * height * width;
    return { macs: scores + 2 * channels * Number(reduce.dims[0]), products: scores };
  },
  evaluate(operands, { fusion, hidden, gate, epsilon }) {
    const { x, reduce, reduceBias, normScale, normShift, expand, expandBias } = operands;
    const { attention, attentionBias } = operands;
    const context =
      attention === undefined ? channelMeans(x) : contextOf(x, linear(x, attention, attentionBias));
    const squeezed = layerNorm(linear(context, reduce, reduceBias), normScale, normShift, epsilon);
    const delta = linear(activated(activations[hidden], squeezed), expand, expandBias);
    return fusion === "add" ? sum(x, delta) : product(x, activated(activations[gate], delta));
  },
});

/** Σₚ softmax(scores)ₚ · xₚ, for scores of one channel. */
function contextOf(x: Tensor, scores: Tensor): Tensor {
  const [batch, channels, height, width] = nchw(x);
  const positions = height * width;
  const context = zeros([batch, channels, 1, 1], x);
  for (let n = 0; n < batch; n++) {
    const weights = softmaxOf(scores.data.subarray(n * positions, (n + 1) * positions));
    for (let i = n * channels; i < (n + 1) * channels; i++) {
      const plane = x.data.subarray(i * positions, (i + 1) * positions);
      context.data[i] = innerProduct(plane, weights);
    }
  }
  return context;
}

/** (y - mean) / √(variance + ε) · scale + shift, over the channels at each position (Ba et al., 2016). */
function layerNorm(y: Tensor, scale: Tensor, shift: Tensor, epsilon: number): Tensor {
  const perChannel = ({ data }: Tensor): Tensor => ({ dims: [1, data.length, 1, 1], data });
  const centred = sum(
    y,
    applied((mean) => -mean, positionMeans(y)),
  );
  const inverse = applied(
    (variance) => 1 / Math.sqrt(variance + epsilon),
    positionMeans(product(centred, centred)),
  );
  return sum(product(product(centred, inverse), perChannel(scale)), perChannel(shift));
}

export const gc = defineAttention({
  type: "gc",
  title: "Global Context",
  options: () =>
    z.strictObject({
      ...reductionOptions({ ratio: 1 / 8 }),
      fusion: z
        .enum(FUSIONS)
        .default("add")
        .describe(
          "How the context is applied to x: added (the paper; timm's gca), or as a gate (timm's gc).",
        ),
      pooling: z
        .enum(["attention", "average"])
        .default("attention")
        .describe("How the context is computed from the positions: by attention, or as their average."),
      activation: z.enum(ACTIVATION_NAMES).default("relu").describe("Activation in the bottleneck."),
      gate: z
        .enum(ACTIVATION_NAMES)
        .default(GATE)
        .describe("Function that computes the gate of fusion scale."),
      epsilon: z
        .number()
        .positive()
        .default(EPSILON)
        .describe("ε of the layer normalisation in the bottleneck."),
    }),
  op,
  plan(given, site) {
    const { channels } = site;
    const { fusion, pooling, gate, epsilon } = given;
    const squeezed = squeezedChannels(given, site);
    const { conv, convBias } = initializationAt(site);
    // What is added starts as nothing, so that the network starts as the one without it (GCNet's code).
    const added = fusion === "add";
    const attention = [
      { name: "attention.weight", dims: [1, channels, 1, 1], init: fanInNormal(channels) },
      { name: "attention.bias", dims: [1], init: convBias(channels) },
    ];
    return {
      // Where nothing is scaled, no function makes a gate.
      attributes: { fusion, hidden: given.activation, gate: added ? GATE : gate, epsilon },
      parameters: [
        { name: "reduce.weight", dims: [squeezed, channels, 1, 1], init: conv(1) },
        { name: "reduce.bias", dims: [squeezed], init: convBias(channels) },
        { name: "norm.weight", dims: [squeezed], init: startAtOne },
        { name: "norm.bias", dims: [squeezed], init: startAtZero },
        { name: "expand.weight", dims: [channels, squeezed, 1, 1], init: added ? startAtZero : conv(1) },
        { name: "expand.bias", dims: [channels], init: added ? startAtZero : convBias(squeezed) },
        ...(pooling === "attention" ? attention : []),
      ],
    };
  },
  identity({ attributes: { fusion, gate }, parameters }) {
    if (parameters.some(({ name, dims }) => name === "norm.weight" && dims[0] === 1))
      return { reason: "a layer normalisation of 1 squeezed channel is 0 whatever enters" };
    const zero = ["expand.weight", "expand.bias"];
    return fusion === "add" ? { factor: 1, zero } : startOfGates(gate, { zero });
  },
  describe: ({ fusion }, { x, reduce }) => `${describeReduction(x.dims[1], reduce.dims[0])}, ${fusion}`,
});
