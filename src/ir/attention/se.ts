import * as z from "zod";
import { makeDivisible, roundHalfEven } from "../../base/rounding.js";
import { ACTIVATION_NAMES, activations } from "../activations.js";
import { DEFAULT_INITIALIZATION, initializations } from "../initializers.js";
import { defineOp } from "../op.js";
import { nchw, operandAt } from "../tensor.js";
import { expectDims, featureMap, refuse } from "../types.js";
import { type AttentionSite, defineAttention } from "./module.js";
import { channelMeans, gateChannels } from "./squeeze.js";

/**
 * Squeeze-and-Excitation (Hu et al., CVPR 2018, section 3), for x of [N, C, H, W], reduced to M channels:
 *
 *     z = mean of x over H and W                                          squeeze, eq. 2
 *     s = gate(expand · hidden(reduce · z + b₁) + b₂)                     excitation, eq. 3
 *     result[n,c,h,w] = x[n,c,h,w] · s[n,c]                               eq. 4
 */
const op = defineOp({
  name: "attention.se",
  level: "model",
  doc: "x · gate(expand · hidden(reduce · mean of x over H and W)): Squeeze-and-Excitation",
  source: "SENet (CVPR 2018), section 3, eq. 2 to 4",
  operands: ["x", "reduce", "expand", "reduce_bias?", "expand_bias?"],
  attributes: z.strictObject({
    hidden: z.enum(ACTIVATION_NAMES).default("relu"),
    gate: z.enum(ACTIVATION_NAMES).default("sigmoid"),
  }),
  infer([x, reduce, expand, reduceBias, expandBias]) {
    const [, channels] = featureMap(x, "x");
    const [squeezed] = featureMap(reduce, "reduce");
    expectDims(reduce, [squeezed, channels, 1, 1], "reduce");
    expectDims(expand, [channels, squeezed, 1, 1], "expand");
    if (reduceBias !== undefined) expectDims(reduceBias, [squeezed], "reduce_bias");
    if (expandBias !== undefined) expectDims(expandBias, [channels], "expand_bias");
    return [operandAt([x], 0) as NonNullable<typeof x>];
  },
  cost([x, reduce]) {
    const [, channels] = featureMap(x, "x");
    return { macs: 2 * channels * Number(reduce?.dims[0]) };
  },
  evaluate(operands, { hidden, gate }) {
    const [x, reduce, expand] = [operandAt(operands, 0), operandAt(operands, 1), operandAt(operands, 2)];
    const [batch] = nchw(x);
    const squeezed = linear(channelMeans(x), batch, reduce.data, operands[3]?.data).map(
      activations[hidden].apply,
    );
    const scales = linear(squeezed, batch, expand.data, operands[4]?.data).map(activations[gate].apply);
    return [gateChannels(x, scales)];
  },
});

/** weight · x + bias for each of `batch` rows of x. */
function linear(
  x: Float64Array,
  batch: number,
  weight: Float64Array,
  bias: Float64Array | undefined,
): Float64Array {
  const inputs = x.length / batch;
  const outputs = weight.length / inputs;
  return Float64Array.from({ length: batch * outputs }, (_, at) => {
    const o = at % outputs;
    const row = Math.floor(at / outputs) * inputs;
    let sum = bias?.[o] ?? 0;
    for (let i = 0; i < inputs; i++) sum += (weight[o * inputs + i] as number) * (x[row + i] as number);
    return sum;
  });
}

const options = z.strictObject({
  ratio: z
    .number()
    .positive()
    .max(16)
    .default(1 / 16)
    .describe(
      "Squeezed channels as a part of the channels named by `ratioOf`. The paper's reduction r is 1/ratio.",
    ),
  ratioOf: z
    .enum(["gated", "block-input"])
    .default("gated")
    .describe(
      "What `ratio` is a part of: the channels of the gated tensor (SENet, MobileNetV3) or those that enter the block (EfficientNet).",
    ),
  channels: z
    .int()
    .min(1)
    .max(65536)
    .optional()
    .describe("Squeezed channels as a number, in place of `ratio`."),
  divisor: z
    .int()
    .min(1)
    .max(1024)
    .default(1)
    .describe(
      "Squeezed channels are rounded to a multiple of this; with 1 to the nearest integer, ties to even.",
    ),
  activation: z.enum(ACTIVATION_NAMES).default("relu").describe("Activation between the two layers."),
  gate: z
    .enum(ACTIVATION_NAMES)
    .default("sigmoid")
    .describe("Function that makes the gate of the second layer's output."),
  bias: z.boolean().default(true).describe("Whether both layers have a bias."),
});

export const se = defineAttention({
  type: "se",
  title: "Squeeze-and-Excitation",
  options,
  op,
  plan(given, site) {
    const { channels } = site;
    const squeezed = squeezedChannels(given, site);
    const { conv, convBias } = initializations[site.initialization ?? DEFAULT_INITIALIZATION];
    const biases = [
      { name: "reduce.bias", dims: [squeezed], init: convBias(channels) },
      { name: "expand.bias", dims: [channels], init: convBias(squeezed) },
    ];
    return {
      attributes: { hidden: given.activation, gate: given.gate },
      parameters: [
        { name: "reduce.weight", dims: [squeezed, channels, 1, 1], init: conv(1) },
        { name: "expand.weight", dims: [channels, squeezed, 1, 1], init: conv(1) },
        ...(given.bias ? biases : []),
      ],
    };
  },
  describe: (_attributes, [x, reduce]) => `${x?.dims[1]} → ${reduce?.dims[0]} → ${x?.dims[1]}`,
});

function squeezedChannels(given: z.output<typeof options>, site: AttentionSite): number {
  if (given.channels !== undefined) return given.channels;
  const of = given.ratioOf === "gated" ? site.channels : site.blockInputChannels;
  const wanted = of * given.ratio;
  const squeezed = given.divisor === 1 ? roundHalfEven(wanted) : makeDivisible(wanted, given.divisor);
  if (squeezed < 1) refuse(`a ratio of ${given.ratio} leaves 0 of ${of} channels: nothing to squeeze to`);
  return squeezed;
}
