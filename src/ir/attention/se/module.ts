import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { modelOp } from "../../op.js";
import { floats, optional, weights } from "../../operands.js";
import type { Tensor } from "../../tensor.js";
import { concreteDims, elementCount, featureMap, gatedChannels } from "../../types.js";
import { activated, channelMaxima, channelMeans, linear, product } from "../arithmetic.js";
import { startOfGates } from "../identity.js";
import { defineAttention } from "../module.js";
import {
  expectNorm,
  normalized,
  normEpsilon,
  normEpsilonOption,
  normOperands,
  normParameters,
} from "../norm.js";
import {
  bottleneckParameters,
  describeReduction,
  expectBottleneck,
  reductionOptions,
  squeezedChannels,
} from "../reduction.js";

/** What each channel is squeezed to before the excitation (SENet, section 6.2 and table 13; none: section 7.1). */
const SQUEEZES = {
  average: channelMeans,
  max: channelMaxima,
  none: (x: Tensor): Tensor => x,
} as const;

const SQUEEZE_NAMES = Object.keys(SQUEEZES) as [keyof typeof SQUEEZES, ...(keyof typeof SQUEEZES)[]];

/**
 * Squeeze-and-Excitation (Hu et al., CVPR 2018, section 3), for x of [N, C, H, W] or [N, C, L], reduced to M channels:
 *
 *     z = squeeze(x), the mean of x over H and W                          squeeze, eq. 2
 *     s = gate(expand · hidden(BN(reduce · z + b₁)) + b₂)                 excitation, eq. 3; BN is not in the paper
 *     result[n,c,h,w] = x[n,c,h,w] · s[n,c]                               eq. 4
 *
 * Without a squeeze ("NoSqueeze") z is x, the two layers act at every position, and s is a map like x. BN is only there
 * with `norm`, as in RexNet.
 */
const op = modelOp({
  doc: "x · gate(expand · hidden(reduce · squeeze(x))), squeeze(x) the mean of x over H and W: Squeeze-and-Excitation",
  source: "SENet (CVPR 2018), section 3, eq. 2 to 4",
  operands: {
    x: floats,
    reduce: weights,
    expand: weights,
    norm: optional(normOperands),
    reduceBias: optional(weights),
    expandBias: optional(weights),
  },
  attributes: () =>
    z.strictObject({
      squeeze: z.enum(SQUEEZE_NAMES).default("average"),
      hidden: z.enum(ACTIVATION_NAMES).default("relu"),
      gate: z.enum(ACTIVATION_NAMES).default("sigmoid"),
      epsilon: normEpsilon,
    }),
  infer({ x, norm, ...layers }, { squeeze }) {
    const [, channels] = squeeze === "none" ? featureMap(x, "x") : gatedChannels(x, "x");
    const squeezed = expectBottleneck(layers, channels);
    if (norm !== undefined) expectNorm(norm, Number(squeezed));
    return x;
  },
  cost({ x, reduce }, _result, { squeeze }) {
    const [, channels] = gatedChannels(x, "x");
    const positions = squeeze === "none" ? elementCount(concreteDims(x.dims).slice(2)) : 1;
    return { macs: 2 * channels * Number(reduce.dims[0]) * positions };
  },
  evaluate({ x, reduce, expand, norm, reduceBias, expandBias }, { squeeze, hidden, gate, epsilon }) {
    const reduced = linear(SQUEEZES[squeeze](x), reduce, reduceBias);
    const scaled = norm === undefined ? reduced : normalized(reduced, norm, epsilon);
    const squeezed = activated(activations[hidden], scaled);
    return product(x, activated(activations[gate], linear(squeezed, expand, expandBias)));
  },
});

export const se = defineAttention({
  type: "se",
  title: "Squeeze-and-Excitation",
  options: () =>
    z.strictObject({
      ...reductionOptions({ ratio: 1 / 16 }),
      squeeze: z
        .enum(SQUEEZE_NAMES)
        .default("average")
        .describe(
          "Pooling of each channel: its average, its maximum, or none; with none, both layers act at every position (NoSqueeze).",
        ),
      activation: z.enum(ACTIVATION_NAMES).default("relu").describe("Activation between the two layers."),
      gate: z
        .enum(ACTIVATION_NAMES)
        .default("sigmoid")
        .describe("Function that turns the second layer's output into the gate."),
      bias: z.boolean().default(true).describe("Whether both layers have a bias."),
      norm: z
        .boolean()
        .default(false)
        .describe("Whether batch normalisation follows the first layer, as in RexNet; the paper has none."),
      epsilon: normEpsilonOption,
    }),
  op,
  plan(given, site) {
    const { squeeze, activation: hidden, gate, epsilon } = given;
    const squeezed = squeezedChannels(given, site);
    const { weights, biases } = bottleneckParameters(squeezed, site);
    return {
      attributes: { squeeze, hidden, gate, epsilon },
      parameters: [
        ...weights,
        ...(given.norm ? normParameters("norm", squeezed) : []),
        ...(given.bias ? biases : []),
      ],
    };
  },
  identity: ({ attributes: { gate } }) =>
    startOfGates(gate, { zero: ["expand.weight", "expand.bias"], paired: ["reduce.weight"] }),
  describe: ({ squeeze }, { x, reduce, norm }) =>
    `${squeeze === "average" ? "" : `squeeze ${squeeze}, `}${describeReduction(x.dims[1], reduce.dims[0])}${norm === undefined ? "" : ", BN"}`,
});
