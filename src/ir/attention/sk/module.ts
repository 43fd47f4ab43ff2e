import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { defineOp } from "../../op.js";
import { mul } from "../../ops/mul.js";
import { reshape } from "../../ops/reshape.js";
import { slice } from "../../ops/slice.js";
import { softmax } from "../../ops/softmax.js";
import { operandAt, type Tensor } from "../../tensor.js";
import { expectDims, featureMap, refuse, tensorType } from "../../types.js";
import { activated, applied, channelMeans, linear, sum } from "../arithmetic.js";
import { defineAttention, initializationAt } from "../module.js";
import {
  expectNorm,
  NORM_OPERANDS,
  normalized,
  normEpsilon,
  normEpsilonOption,
  normParameters,
} from "../norm.js";
import { reductionOptions, squeezedChannels } from "../reduction.js";

/**
 * Selective kernels (Li et al., SKNet, CVPR 2019, section 3.1): attention between M paths, which x has one after the other
 * along its channels. For x of [N, M·C, H, W], its paths U₁ … U_M of [N, C, H, W]:
 *
 *     s = mean of U₁ + … + U_M over H and W                  [N, C, 1, 1]     eq. 1 and 2
 *     z = hidden(BN(reduce · s))                             [N, d, 1, 1]     eq. 3
 *     a = softmax over the M paths of select · z             [N, M, C, 1, 1]  eq. 5
 *     result = a₁ · U₁ + … + a_M · U_M                       [N, C, H, W]     eq. 6
 */
const op = defineOp({
  name: "attention.sk",
  level: "model",
  doc: "Σ aₘ · Uₘ over the paths Uₘ that x has one after the other, a a softmax over them: selective kernels",
  source: "SKNet (CVPR 2019), section 3.1, eq. 1 to 6",
  operands: ["x", "reduce", ...NORM_OPERANDS, "select"],
  attributes: z.strictObject({
    paths: z.int().min(2),
    hidden: z.enum(ACTIVATION_NAMES).default("relu"),
    epsilon: normEpsilon,
  }),
  infer(operands, { paths }) {
    const [x, reduce, ...rest] = operands;
    const [n, stacked, height, width] = featureMap(x, "x");
    if (stacked % paths !== 0) refuse(`${stacked} channels are not those of ${paths} paths`);
    const channels = stacked / paths;
    const [squeezed] = featureMap(reduce, "reduce");
    expectDims(reduce, [squeezed, channels, 1, 1], "reduce");
    expectNorm(rest.slice(0, NORM_OPERANDS.length), Number(squeezed));
    expectDims(rest[NORM_OPERANDS.length], [stacked, squeezed, 1, 1], "select");
    return [tensorType([n, channels, height, width], x?.dtype)];
  },
  cost([x, reduce], _results, { paths }) {
    const [, stacked] = featureMap(x, "x");
    return { macs: Number(reduce?.dims[0]) * (stacked / paths) * (1 + paths) };
  },
  evaluate(operands, { paths, hidden, epsilon }) {
    const [x, reduce, ...rest] = operands as readonly [Tensor, Tensor, ...Tensor[]];
    const all = pathsOf(x, paths);
    const squeezed = channelMeans(all.reduce(sum));
    const norm = rest.slice(0, NORM_OPERANDS.length);
    const compact = activated(activations[hidden], normalized(linear(squeezed, reduce), norm, epsilon));
    const scores = linear(compact, operandAt(rest, NORM_OPERANDS.length));
    const [batch, stacked] = scores.dims as readonly [number, number];
    const channels = stacked / paths;
    const [rows] = reshape.evaluate([scores], { shape: [batch, paths, channels, 1] });
    const [shares] = softmax.evaluate([rows as Tensor], { axis: 1 });
    const [column] = reshape.evaluate([shares as Tensor], { shape: [batch, stacked, 1, 1] });
    const weights = pathsOf(column as Tensor, paths);
    return [all.map((path, m) => operandAt(mul.evaluate([path, operandAt(weights, m)], {}), 0)).reduce(sum)];
  },
});

/** The M maps that x has one after the other along its channels. */
function pathsOf(x: Tensor, paths: number): readonly Tensor[] {
  const channels = operandAt(x.dims, 1) / paths;
  return Array.from({ length: paths }, (_, m) =>
    operandAt(slice.evaluate([x], { axis: 1, start: m * channels, end: (m + 1) * channels }), 0),
  );
}

export const sk = defineAttention({
  type: "sk",
  title: "Selective Kernels",
  options: z.strictObject({
    ...reductionOptions({ ratio: 1 / 16 }),
    minChannels: z
      .int()
      .min(1)
      .max(65536)
      .default(1)
      .describe("Squeezed channels are at least as many: the paper's L, 32 in its networks."),
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
  describe: ({ paths }, [x, reduce]) =>
    `${paths} paths, ${Number(x?.dims[1]) / paths} → ${reduce?.dims[0]} → ${x?.dims[1]}`,
  bypass(x, { paths }) {
    return applied((value) => value / paths, pathsOf(x, paths).reduce(sum));
  },
});
