import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { modelOp } from "../../op.js";
import { floats } from "../../operands.js";
import { activationOps } from "../../ops/activations.js";
import { moves } from "../../ops/moves.js";
import { elementAt, nchw, type Tensor } from "../../tensor.js";
import { expectDims, featureMap, refuse, tensorType } from "../../types.js";
import { activated, applied, channelMeans, linear, product, sum } from "../arithmetic.js";
import { defineAttention, initializationAt } from "../module.js";
import {
  expectNorm,
  normalized,
  normEpsilon,
  normEpsilonOption,
  normOperands,
  normParameters,
} from "../norm.js";
import { reductionOptions, squeezedChannels } from "../reduction.js";

/**
 * Selective kernels (Li et al., SKNet, CVPR 2019, section 3.1): attention between M paths, which are concatenated in x
 * along the channels. For x of [N, M·C, H, W] and its paths U₁ … U_M of [N, C, H, W]:
 *
 *     s = mean of U₁ + … + U_M over H and W                  [N, C, 1, 1]     eq. 1 and 2
 *     z = hidden(BN(reduce · s))                             [N, d, 1, 1]     eq. 3
 *     a = softmax over the M paths of select · z             [N, M, C, 1, 1]  eq. 5
 *     result = a₁ · U₁ + … + a_M · U_M                       [N, C, H, W]     eq. 6
 */
const op = modelOp({
  doc: "Σ aₘ · Uₘ over the paths Uₘ that x has one after the other, a a softmax over them: selective kernels",
  source: "SKNet (CVPR 2019), section 3.1, eq. 1 to 6",
  operands: { x: floats, reduce: floats, norm: normOperands, select: floats },
  attributes: () =>
    z.strictObject({
      paths: z.int().min(2),
      hidden: z.enum(ACTIVATION_NAMES).default("relu"),
      epsilon: normEpsilon,
    }),
  infer({ x, reduce, norm, select }, { paths }) {
    const [n, stacked, height, width] = featureMap(x, "x");
    if (stacked % paths !== 0) refuse(`${stacked} channels are not those of ${paths} paths`);
    const channels = stacked / paths;
    const [squeezed] = featureMap(reduce, "reduce");
    expectDims(reduce, [squeezed, channels, 1, 1], "reduce");
    expectNorm(norm, Number(squeezed));
    expectDims(select, [stacked, squeezed, 1, 1], "select");
    return tensorType([n, channels, height, width], x.dtype);
  },
  cost({ x, reduce }, _result, { paths }) {
    const [, stacked] = featureMap(x, "x");
    return { macs: Number(reduce.dims[0]) * (stacked / paths) * (1 + paths) };
  },
  evaluate({ x, reduce, norm, select }, { paths, hidden, epsilon }) {
    const all = pathsOf(x, paths);
    const squeezed = channelMeans(all.reduce(sum));
    const compact = activated(activations[hidden], normalized(linear(squeezed, reduce), norm, epsilon));
    const scores = linear(compact, select);
    const [batch, stacked] = nchw(scores);
    const rows = { dims: [batch, paths, stacked / paths, 1], data: scores.data };
    const shares = activationOps.softmax.evaluate({ x: rows }, { axis: 1 });
    const weights = pathsOf({ dims: [batch, stacked, 1, 1], data: shares.data }, paths);
    return all.map((path, m) => product(path, elementAt(weights, m))).reduce(sum);
  },
});

/** The M maps that x has one after the other along its channels. */
function pathsOf(x: Tensor, paths: number): readonly Tensor[] {
  const channels = elementAt(x.dims, 1) / paths;
  return Array.from({ length: paths }, (_, m) =>
    moves.slice.evaluate({ x }, { axis: 1, start: m * channels, end: (m + 1) * channels }),
  );
}

export const sk = defineAttention({
  type: "sk",
  title: "Selective Kernels",
  options: () =>
    z.strictObject({
      ...reductionOptions({ ratio: 1 / 16 }),
      minChannels: z
        .int()
        .min(1)
        .max(65536)
        .default(1)
        .describe("Minimum number of squeezed channels: the paper's L, 32 in its networks."),
      activation: z.enum(ACTIVATION_NAMES).default("relu").describe("Activation of the compact descriptor."),
      epsilon: normEpsilonOption,
    }),
  op,
  /** The channels of the site are those of one path. */
  plan(given, site) {
    const { conv } = initializationAt(site);
    const { channels, paths = 2 } = site;
    const squeezed = Math.max(given.minChannels, squeezedChannels(given, site));
    return {
      attributes: { paths, hidden: given.activation, epsilon: given.epsilon },
      parameters: [
        { name: "reduce.weight", dims: [squeezed, channels, 1, 1], init: conv(1) },
        ...normParameters("norm", squeezed),
        { name: "select.weight", dims: [paths * channels, squeezed, 1, 1], init: conv(1) },
      ],
    };
  },
  identity: () => ({ reason: "it selects between maps, and is no gate of one" }),
  describe: ({ paths }, { x, reduce }) =>
    `${paths} paths, ${Number(x.dims[1]) / paths} → ${reduce.dims[0]} → ${x.dims[1]}`,
  bypass(x, { paths }) {
    return applied((value) => value / paths, pathsOf(x, paths).reduce(sum));
  },
});
